"""Whether the run time can carry out the patterns of a contract: asked of the run time itself, in a process of its own.

The generator does not import the run time; and only patterns beyond the plainest are worth a process.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tallystick.spec.errors import Diagnostic
from tallystick.spec.grammar import Kind, walk
from tallystick.spec.nodes import key_position
from tallystick.spec.pointers import child

# Characters, classes without escapes but the usual ones, groups without names, repetition with small bounds.
_ESCAPE = r"\\[dDsSwW.\-/\\+*?^$|(){}\[\]]"
_ATOM = rf"(?:[\w \-@/,:;<>!%'\"=~#&`.]|{_ESCAPE}|\[\^?(?:[^\\\[\]]|{_ESCAPE}|\\x[0-9A-Fa-f]{{2}})+\])"
_REPEAT = r"(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})?"
_PLAIN = re.compile(rf"\^?(?:{_ATOM}{_REPEAT}|\((?:\?:)?(?=[^?*+])|\)[*+?]?|\|)*\$?", re.ASCII)
_CODE = """
import json, sys
from tallystick.runtime.patterns import PatternError, translate
found = {}
for source in json.load(sys.stdin):
    try:
        translate(source)
    except PatternError as error:
        found[source] = f"{error} (character {error.offset + 1})"
json.dump(found, sys.stdout)
"""


def check_patterns(document: Any) -> Iterator[Diagnostic]:
    """One finding for each pattern that no engine of the run time carries out."""
    places = list(_patterns(document))
    problems = _ask({str(schema["pattern"]) for schema, _ in places})
    for schema, pointer in places:
        problem = problems.get(str(schema["pattern"]))
        if problem is not None:
            message = f"this pattern cannot be carried out: {problem}"
            place = key_position(schema, "pattern")
            hint = "write it as ECMA-262 has it, in Unicode mode"
            yield Diagnostic("invalid-pattern", message, place, child(pointer, "pattern"), hint)


def _patterns(document: Any) -> Iterator[tuple[Mapping[str, Any], str]]:
    for place in walk(document):
        node = place.node if place.kind is Kind.SCHEMA and isinstance(place.node, dict) else {}
        if isinstance(node.get("pattern"), str):
            yield node, place.pointer


def _ask(patterns: Iterable[str]) -> Mapping[str, str]:
    unusual = sorted(pattern for pattern in patterns if not _is_plain(pattern))
    if not unusual:
        return {}
    done = subprocess.run(  # noqa: S603  # this interpreter, our own code; the patterns go in as data
        [sys.executable, "-c", _CODE], input=json.dumps(unusual), capture_output=True, text=True, check=True
    )
    answer: Mapping[str, str] = json.loads(done.stdout)
    return answer


def _is_plain(pattern: str) -> bool:
    if not _PLAIN.fullmatch(pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
