"""Whether the contract's version moves as its changes demand (Semantic Versioning 2.0.0), and the changelog tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tallystick.checks.diff.changes import Change, Level
from tallystick.spec.errors import Diagnostic, Position
from tallystick.spec.nodes import Object, position_of

_VERSION = re.compile(r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_HEADING = re.compile(r"^##\s+\[?v?(?P<version>[^\s\]]+)", re.MULTILINE)
_STEPS = ("no", "a patch", "a minor", "a major")


class Version(NamedTuple):
    major: int
    minor: int
    patch: int
    preview: bool


def parse_version(text: str) -> Version | None:
    found = _VERSION.fullmatch(text)
    return Version(int(found[1]), int(found[2]), int(found[3]), bool(found[4])) if found else None


def step_needed(changes: Iterable[Change]) -> int:
    """0: nothing changed; 1: a patch; 2: a minor version; 3: a major one."""
    steps = (3 if each.level is Level.BREAKING else 2 if each.rule.additive else 1 for each in changes)
    return max(steps, default=0)


def check_version(changes: Iterable[Change], old: str, new: str, document: Object) -> Iterator[Diagnostic]:
    """Findings about `info.version`."""
    info = document.get("info")
    where = position_of(info, "version")
    before, after = parse_version(old), parse_version(new)
    needed = step_needed(changes)
    if after is None or before is None:
        if needed or old != new:
            message = f'"{new if after is None else old}" is no version of the form 1.2.3'
            yield Diagnostic("version-unreadable", message, where, "/info/version", "write MAJOR.MINOR.PATCH")
        return
    if before.major == 0 and needed > 1:
        needed -= 1
    if after[:3] < before[:3]:
        message, hint = f"version {new} is lower than {old}", f"raise it above {old}"
        yield Diagnostic("version-lowered", message, where, "/info/version", hint)
    elif _step(before, after) < needed:
        message = f"{_STEPS[needed]} version is due after {old}, and this is {new}"
        yield Diagnostic("version-not-raised", message, where, "/info/version", f"write {_due(before, needed)}")


def _step(before: Version, after: Version) -> int:
    if after.major > before.major:
        return 3
    if after.minor > before.minor:
        return 2
    if after.patch > before.patch:
        return 1
    # From a preview of a version to that version: the step was made before.
    return 3 if before.preview else 0


def _due(version: Version, step: int) -> str:
    major, minor, patch, _ = version
    return {3: f"{major + 1}.0.0", 2: f"{major}.{minor + 1}.0"}.get(step, f"{major}.{minor}.{patch + 1}")


def check_changelog(path: Path, version: str, name: str) -> Iterator[Diagnostic]:
    """Findings about the entry for a version: `## 1.2.0` and what follows."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        message, hint = f"there is no {name}", f"write one with an entry `## {version}`"
        yield Diagnostic("changelog-missing", message, Position(name, 1, 1), hint=hint)
        return
    headings = list(_HEADING.finditer(text))
    found = next((each for each in headings if each["version"].removeprefix("v") == version.removeprefix("v")), None)
    hint = "`tally diff --format changelog` drafts it"
    if found is None:
        message = f"there is no entry for {version}"
        yield Diagnostic("changelog-entry-missing", message, Position(name, 1, 1), hint=hint)
        return
    end = next((each.start() for each in headings if each.start() > found.start()), len(text))
    if not text[found.end() : end].partition("\n")[2].strip():
        where = Position(name, text.count("\n", 0, found.start()) + 1, 1)
        yield Diagnostic("changelog-entry-empty", f"the entry for {version} says nothing", where, hint=hint)
