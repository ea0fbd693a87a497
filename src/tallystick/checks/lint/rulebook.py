"""`rules.yaml`: which house rules hold, how severe each is, and what is excepted for which reason."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tallystick.checks.lint.findings import Finding
from tallystick.checks.lint.view import items, mapping
from tallystick.spec.errors import Diagnostic, Position, Severity
from tallystick.spec.loader import parse
from tallystick.spec.nodes import Key, Object, key_position, position_of
from tallystick.spec.pointers import child

EXTENSIONS = "extensions.schema.json"
_SEVERITIES = {"error": Severity.ERROR, "warning": Severity.WARNING, "off": None}


@dataclass(frozen=True)
class Exemption:
    """Findings of `rule` at or below `at` are excused."""

    rule: str
    at: str
    position: Position | None

    def covers(self, rule: str, finding: Finding) -> bool:
        return rule == self.rule and (finding.pointer + "/").startswith(self.at + "/")


@dataclass(frozen=True)
class Rulebook:
    """Rules without an entry are off. `problems` is what is wrong with the file itself."""

    severities: Mapping[str, Severity]
    exemptions: tuple[Exemption, ...] = ()
    extensions: Mapping[str, Any] | None = None
    problems: tuple[Diagnostic, ...] = ()


def read_rulebook(path: Path, known: Collection[str]) -> Rulebook:
    """Reads the rules and, beside them, the schema of extensions. Raises ContractError where they cannot be read."""
    root = parse(path)
    extensions = path.with_name(EXTENSIONS)
    reader = _Reader(root, known)
    return Rulebook(
        severities=reader.severities(),
        exemptions=tuple(reader.exemptions()),
        extensions=parse(extensions) if extensions.is_file() else None,
        problems=tuple(reader.problems),
    )


class _Reader:
    def __init__(self, root: Object, known: Collection[str]) -> None:
        self.problems: list[Diagnostic] = []
        self._root = root
        self._known = known
        for key in root:
            if key not in ("rules", "exceptions"):
                self._report(root, key, "", f'unknown field "{key}"', "known are: rules, exceptions")

    def severities(self) -> dict[str, Severity]:
        rules = mapping(self._root.get("rules"))
        found = {}
        for name, entry in rules.items():
            here = child("/rules", name)
            if name not in self._known:
                self._unknown_rule(rules, name, here)
            word = mapping(entry).get("severity")
            severity = _SEVERITIES.get(word) if isinstance(word, str) else None
            if not isinstance(word, str) or word not in _SEVERITIES:
                hint = "write error, warning or off"
                self._report(entry, "severity", here, f"{json.dumps(word)} is no severity", hint)
            self._reason(entry, here, f"the rule {name}")
            if severity:
                found[name] = severity
        return found

    def exemptions(self) -> Iterator[Exemption]:
        for index, entry in enumerate(items(self._root.get("exceptions"))):
            here = child("/exceptions", index)
            rule, at = mapping(entry).get("rule"), mapping(entry).get("at")
            self._reason(entry, here, "an exception")
            if not isinstance(rule, str) or not isinstance(at, str):
                self._report(entry, None, here, "an exception names a `rule` and a pointer `at`", "add what is missing")
            elif rule not in self._known:
                self._unknown_rule(entry, "rule", here, rule)
            else:
                yield Exemption(rule, at.removeprefix("#"), position_of(entry))

    def _reason(self, entry: Any, pointer: str, what: str) -> None:
        why = mapping(entry).get("why")
        if not isinstance(why, str) or not why.strip():
            self._report(entry, None, pointer, f"{what} needs its reason", "add `why`")

    def _unknown_rule(self, node: Any, key: str, pointer: str, name: str = "") -> None:
        name = name or key
        near = get_close_matches(name, self._known, n=1)
        hint = f'did you mean "{near[0]}"?' if near else "remove it"
        self._report(node, key, pointer, f'there is no rule "{name}"', hint)

    def _report(self, node: Any, key: Key | None, pointer: str, message: str, hint: str) -> None:
        where = position_of(node) if key is None or key not in node else key_position(node, key)
        self.problems.append(Diagnostic("rules-file", message, where, pointer, hint))
