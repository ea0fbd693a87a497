"""What libyaml says about broken YAML, said so that a person knows what to do."""

from __future__ import annotations

import re

import yaml

from tallystick.spec.errors import Diagnostic, Position
from tallystick.spec.text import Text

_NOT_PRINTABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile(r"\r\n|\n|\r")
_ODD_BREAKS = "\x85\u2028\u2029"
"""Line breaks for YAML 1.1 and plain characters for 1.2: two readers would see two texts, and count lines apart."""
_KNOWN = {
    "mapping values are not allowed in this context": (
        "a colon stands where no key can be",
        'quote text that holds ": ", or check the indentation',
    ),
    "did not find expected key": ("a key is expected here", "check indentation and quotes of the lines above"),
    "did not find expected '-' indicator": ("a list item is expected here", "check the indentation"),
    "could not find expected ':'": ("a key without a colon", "end the key with a colon, or check the indentation"),
    "found unexpected end of stream": ("the quoted text that begins here is not closed", "add the closing quote"),
    "found invalid Unicode character escape code": ("the escape is not a character", "write a valid code point"),
    "found unknown escape character": ("unknown escape in double quotes", "use single quotes, or double the backslash"),
    "did not find expected node content": ("a value is expected here", "add it, or close what is open"),
    "did not find expected <document start>": ("text after the end of the document", "check the indentation"),
}
_AT_CONTEXT = {"found unexpected end of stream"}
_UNCLOSED = {"did not find expected ',' or ']'": "]", "did not find expected ',' or '}'": "}"}
_ENTRY = re.compile(r"( *)(?:- |/\S*:(?:\s|$)|[^\s#{}\[\],][^{}\[\],]*:(?:\s|$))")
"""A line that begins an entry of a block, and how far it is indented."""


def yaml_diagnostic(error: yaml.MarkedYAMLError, text: Text) -> Diagnostic:
    """The syntax error as a diagnostic; an unclosed quote is shown where it opens, a bracket where it has to close."""
    problem = error.problem or "not YAML"
    mark = error.problem_mark
    if problem in _UNCLOSED and mark and error.context_mark:
        opening = Position(text.file, error.context_mark.line + 1, error.context_mark.column + 1)
        return _unclosed(text, opening, Position(text.file, mark.line + 1, mark.column + 1), _UNCLOSED[problem])
    if error.context_mark and (mark is None or problem in _AT_CONTEXT):
        mark = error.context_mark
    position = Position(text.file, mark.line + 1, mark.column + 1) if mark else Position(text.file, 1, 1)
    message, hint = _KNOWN.get(problem, (problem, "correct the YAML syntax"))
    if problem == "found character that cannot start any token":
        message, hint = _bad_start(_character(text, position))
    return Diagnostic("yaml-syntax", message, position, hint=hint)


def _unclosed(text: Text, opening: Position, broken: Position, closing: str) -> Diagnostic:
    """A list or object that is broken further on: at the end of its lines where the next entry of the block around it
    has begun already, else at what does not belong into it."""
    lines = _LINE_END.split(text.content)
    what = f"the {'list' if closing == ']' else 'object'} that opens at {opening.line}:{opening.column}"
    last = _last_line(lines, opening, broken)
    if last is not None:
        line = lines[last - 1].partition(" #")[0].rstrip()
        where = Position(text.file, last, len(line) + 1)
        return Diagnostic("yaml-syntax", f"{what} is not closed", where, hint=f"close it with {closing}")
    character = lines[broken.line - 1][broken.column - 1 : broken.column] if broken.line <= len(lines) else ""
    if character and character in "]}":
        message, hint = f"{character} stands here, and {what} is still open", f"close that one with {closing} first"
    elif character and character in "[{":
        message, hint = f"{character} cannot follow here, in {what}", "put text that holds brackets in quotes"
    elif character:
        message, hint = f"a comma or {closing} is missing before this, in {what}", f"add it, or close with {closing}"
    else:
        message, broken, hint = f"{what} is not closed", opening, f"close it with {closing}"
    return Diagnostic("yaml-syntax", message, broken, hint=hint)


def _last_line(lines: list[str], opening: Position, broken: Position) -> int | None:
    """The last line before an entry that stands no deeper than the one in which the bracket opens."""
    head = lines[opening.line - 1]
    own = len(head) - len(head.lstrip(" "))
    if own == opening.column - 1:
        return None
    for number in range(opening.line + 1, min(broken.line, len(lines)) + 1):
        entry = _ENTRY.match(lines[number - 1])
        if entry and len(entry[1]) <= own:
            filled = [at for at in range(opening.line, number) if lines[at - 1].strip()]
            return filled[-1]
    return None


def unreadable_character(text: Text) -> Diagnostic | None:
    """The first character that no YAML file may hold."""
    found = _NOT_PRINTABLE.search(text.content)
    if not found:
        return None
    is_break = found.group() in _ODD_BREAKS
    why = "is a line break for some readers of YAML only" if is_break else "may not stand in a YAML file"
    message = f"the character U+{ord(found.group()):04X} {why}"
    hint = "remove it, or write it as an escape in double quotes"
    return Diagnostic("yaml-syntax", message, text.position(found.start()), hint=hint)


def _character(text: Text, position: Position) -> str:
    lines = _LINE_END.split(text.content)
    line = lines[position.line - 1] if position.line <= len(lines) else ""
    return line[position.column - 1 : position.column]


def _bad_start(character: str) -> tuple[str, str]:
    if character == "\t":
        return "a tab is used for indentation", "indent with spaces"
    return f"text cannot begin with {character}", "quote it"
