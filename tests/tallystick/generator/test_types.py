"""The type checker on handlers of a generated package: what it does not see here, a server shows its clients."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden" / "contract.yaml"
RIGHT = """
from dataclasses import dataclass, field
from datetime import date
from notes.handlers.notes import NotesHandlers
from notes.handlers.ops import OpsHandlers
from notes.models import Note, Sort
from notes.problems import ValidationFailed
from notes.registry import Handlers
from notes.responses.notes import CreateNote201, CreateNote202


@dataclass
class Caller:
    subject: str = ""
    scopes: frozenset[str] = field(default_factory=frozenset)


class Notes(NotesHandlers[Caller]):
    async def list_notes(self, principal: Caller, *, limit: int = 20, sort: Sort | None = None) -> list[Note]:
        if sort is Sort.MINUS_TEXT:
            raise ValidationFailed("no", hint=principal.subject)
        return [Note(text="a", due=date(2024, 1, limit)), Note(text="b")]

    async def create_note(self, principal: Caller, body: Note) -> CreateNote201 | CreateNote202:
        return CreateNote201(body=body, location="/notes/1")


class Ops(OpsHandlers[Caller]):
    async def get_health(self) -> None: ...


handlers: Handlers[Caller] = Handlers(notes=Notes, ops=Ops)
"""
CREATE = "    async def create_note(self, principal: Caller, body: Note) -> CreateNote201 | CreateNote202:\n"
# What is written instead, and what mypy says about which piece of text.
WRONG: dict[str, tuple[str, str, str, str]] = {
    "missing": (CREATE, CREATE.replace("create_note", "write_note"), "Handlers(notes=Notes", "type-abstract"),
    "argument": ("limit: int = 20", "limit: str = ''", "async def list_notes", "override"),
    "parameter": ("*, limit: int = 20, ", "*, ", "async def list_notes", "override"),
    "more": (
        "self, principal: Caller, body: Note",
        "self, principal: Caller, body: Note, more: int",
        CREATE,
        "override",
    ),
    "undeclared": (
        'CreateNote201(body=body, location="/notes/1")',
        'CreateNote204(body=body, location="/notes/1")',
        "return CreateNote2",
        "name-defined",
    ),
    "answer": (
        'CreateNote201(body=body, location="/notes/1")',
        "body",
        "        return body",
        "return-value",
    ),
    "status": ("-> CreateNote201 | CreateNote202", "-> CreateNote201 | None", "async def create_note", "override"),
    "header": (', location="/notes/1"', "", "return CreateNote2", "call-arg"),
    "member": ("hint=principal.subject", "hind=principal.subject", "raise ValidationFailed", "call-arg"),
    "principal": (
        "body=body, location=",
        "body=body, location=principal.name or ",
        "return CreateNote2",
        "attr-defined",
    ),
    "sync": ("async def get_health(self) -> None", "def get_health(self) -> None", "def get_health", "override"),
    "field": ('Note(text="b")', 'Note(txt="b")', "Note(tx", "call-arg"),
    "tag": ("Handlers(notes=Notes, ops=Ops)", "Handlers(notes=Notes)", "Handlers(notes=Notes", "call-arg"),
    "swapped": ("notes=Notes, ops=Ops", "notes=Ops, ops=Notes", "Handlers(notes=Ops", "arg-type"),
}


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> set[tuple[str, int, str]]:
    """All cases in one run: (case, line, error code); the package itself is a case of its own."""
    folder = tmp_path_factory.mktemp("typed")
    generate(GenerateRequest(GOLDEN, folder / "notes", "notes", verify=False))
    (folder / "right.py").write_text(RIGHT)
    for name, (old, new, _, _) in WRONG.items():
        assert RIGHT.count(old) == 1, name
        (folder / f"{name}.py").write_text(RIGHT.replace(old, new))
    kept = getattr(request.config, "cache", None)  # kept between runs: a first look at everything takes mypy a while
    cache = kept.mkdir("mypy") if kept is not None else folder / ".mypy_cache"
    config = folder / "mypy.ini"
    config.write_text(f"[mypy]\nstrict = true\nplugins = pydantic.mypy\nmypy_path = {ROOT / 'src'}\n")
    options = ["--config-file", str(config), "--cache-dir", str(cache), "--no-error-summary", "--show-error-codes"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "."], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    pattern = re.compile(r"^(?:\./)?([\w/]+)\.py:(\d+): error: .*\[([\w-]+)\]$", re.MULTILINE)
    found = {(name, int(line), code) for name, line, code in pattern.findall(done.stdout)}
    assert len(found) <= len(set(done.stdout.splitlines()))
    return found


@pytest.mark.slow
def test_the_package_and_right_handlers_are_clean_and_wrong_ones_are_not(findings: set[tuple[str, int, str]]) -> None:
    """One test, so that one worker asks mypy once."""
    assert {each for each in findings if each[0] not in WRONG} == set()
    missed = {name: place for name in WRONG if (place := expected(name)) not in findings}
    assert not missed, sorted(each for each in findings if each[0] in missed)


def expected(name: str) -> tuple[str, int, str]:
    """Case, line and error code of what is wrong."""
    old, new, text, code = WRONG[name]
    source = RIGHT.replace(old, new)
    changed = CREATE.replace(old, new) if text == CREATE else text
    return name, source[: source.index(changed)].count("\n") + 1, code
