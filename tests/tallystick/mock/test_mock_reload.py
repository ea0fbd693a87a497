"""Edits while a mock runs: whatever they break, the last good contract is served on and the next good one is taken."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from fastapi import FastAPI

from tallystick.commands.mock_voice import Voice
from tallystick.mock.application import MockApplication, MockOptions, Workshop
from tallystick.mock.credentials import Credential
from tallystick.mock.server import Announcements, Exchange, Reloader
from tallystick.reporting import Format
from tallystick.spec.errors import ContractError, Diagnostic, Position

KEY = Credential("key", "apiKey", "s3cret", "header X-Key: s3cret")
OTHER = Credential("token", "bearer", "t0ken", "header Authorization: Bearer t0ken")
BROKEN = ContractError([Diagnostic("schema", "it is wrong", Position("api.yaml", 3, 5), hint="mend it")])


class Scripted(Workshop):
    """Makes what it is told to, one after the other."""

    def __init__(self, *steps: MockApplication | Exception) -> None:
        super().__init__()
        self._steps = list(steps)

    def make(self, contract: Path, options: MockOptions) -> MockApplication:
        # One edit may be seen twice.
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, Exception):
            raise step
        return step


class Watched:
    """A mock's reloader at work; `heard` are what it told, each with what was served at that moment."""

    def __init__(self, workshop: Workshop, first: MockApplication) -> None:
        self.heard: asyncio.Queue[tuple[object, object]] = asyncio.Queue()
        self._exchange = Exchange(first.app)
        self._stop = asyncio.Event()
        self._workshop = workshop
        reloader = Reloader(
            workshop, first.files[0], MockOptions(), self._exchange, Announcements(self._say, self._say)
        )
        self._watching = asyncio.create_task(reloader.watch(first.files, self._stop))

    def _say(self, what: object) -> None:
        self.heard.put_nowait((what, self._exchange.current))

    async def told(self) -> tuple[object, object]:
        """The next thing."""
        async with asyncio.timeout(30):
            return await self.heard.get()

    async def end(self) -> None:
        """Stop watching; raises what the reloader raised."""
        self._stop.set()
        await self._watching
        self._workshop.close()


def application(contract: Path, *credentials: Credential) -> MockApplication:
    return MockApplication(FastAPI(), credentials, (contract,), "Small", (), "")


@pytest.mark.parametrize("failure", [BROKEN, OSError("no"), KeyError("a fault of ours"), RecursionError()])
async def test_a_broken_edit_leaves_what_is_served_whatever_it_breaks(tmp_path: Path, failure: Exception) -> None:
    contract = tmp_path / "api.yaml"
    contract.write_text("first")
    first, second = application(contract), application(contract)
    watched = Watched(Scripted(failure, second), first)
    await asyncio.sleep(0.1)
    contract.write_text("a broken edit")
    assert await watched.told() == (failure, first.app)
    contract.write_text("a good one again")
    assert await watched.told() == (second, second.app)
    await watched.end()


async def test_a_folder_may_go_and_come_back(tmp_path: Path) -> None:
    """As when another branch is looked at for a moment."""
    folder = tmp_path / "openapi"
    folder.mkdir()
    contract = folder / "api.yaml"
    contract.write_text("first")
    gone = FileNotFoundError()
    first, second = application(contract), application(contract)
    watched = Watched(Scripted(gone, second), first)
    await asyncio.sleep(0.1)
    contract.unlink()
    folder.rmdir()
    assert await watched.told() == (gone, first.app)
    folder.mkdir()
    contract.write_text("second")
    assert await watched.told() == (second, second.app)
    await watched.end()


def test_programs_read_one_object_in_each_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract = tmp_path / "api.yaml"
    voice = Voice(Format.JSON, contract, "http://127.0.0.1:4010")
    voice.serving(application(contract, KEY))
    voice.failed(BROKEN)
    voice.failed(KeyError("odd"))
    voice.changed(application(contract))
    out = capsys.readouterr()
    serving, refused, odd, changed = map(json.loads, out.out.splitlines())
    assert serving["credentials"] == [
        {"scheme": "key", "kind": "apiKey", "secret": "s3cret", "send": "header X-Key: s3cret"}
    ]
    assert (serving["event"], serving["url"]) == ("serving", "http://127.0.0.1:4010")
    assert (refused["event"], refused["findings"][0]["line"]) == ("refused", 3)
    assert (odd["event"], odd["reason"]) == ("refused", "KeyError: 'odd'")
    assert (changed["event"], changed["credentials"]) == ("changed", [])


def test_people_are_told_of_credentials_once_and_when_they_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = tmp_path / "api.yaml"
    voice = Voice(Format.TEXT, contract, "http://127.0.0.1:4010")
    voice.serving(application(contract, KEY))
    assert "key: header X-Key: s3cret" in capsys.readouterr().out
    voice.changed(application(contract, KEY))
    assert "s3cret" not in capsys.readouterr().out
    voice.changed(application(contract, KEY, OTHER))
    assert "token: header Authorization: Bearer t0ken" in capsys.readouterr().out
    voice.failed(BROKEN)
    told = capsys.readouterr().err
    assert "api.yaml:3:5" in told
    assert "still served" in told
