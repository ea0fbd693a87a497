"""Passwords: hashed off the event loop, a bounded number at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from app.kit.passwords import HashingCost, PasswordHasher, TooBusy, Verdict

CHEAP = HashingCost(memory=8, passes=1)


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    hasher = PasswordHasher(CHEAP, workers=2, waiting=1)
    yield hasher
    hasher.close()


async def test_a_password_matches_its_own_hash_only(hasher: PasswordHasher) -> None:
    encoded = await hasher.hash("pässword 🗝")
    assert encoded.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert encoded != await hasher.hash("pässword 🗝"), "every hash has its own salt"
    assert await hasher.verify("pässword 🗝", encoded) == Verdict(matches=True)
    assert await hasher.verify("passwort", encoded) == Verdict(matches=False)


@pytest.mark.parametrize("encoded", ["", "x", "$argon2id$v=19$m=8,t=1,p=1$x$y", "$2b$12$abc"])
async def test_what_is_no_hash_matches_nothing(hasher: PasswordHasher, encoded: str) -> None:
    assert await hasher.verify("x", encoded) == Verdict(matches=False)


async def test_nobody_has_no_password(hasher: PasswordHasher) -> None:
    assert await hasher.verify("x", None) == Verdict(matches=False)


async def test_a_hash_of_another_cost_is_outdated(hasher: PasswordHasher) -> None:
    dearer = PasswordHasher(HashingCost(memory=16, passes=1))
    encoded = await hasher.hash("x")
    assert await dearer.verify("x", encoded) == Verdict(matches=True, outdated=True)
    dearer.close()


async def test_a_full_line_turns_away_and_recovers(hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at work, one waiting, the fourth refused; whoever gives up still counts until its thread is done."""
    release = threading.Event()
    at_once: list[int] = []
    running = 0
    lock = threading.Lock()

    def slow(_: PasswordHasher, __: str, ___: str) -> Verdict:
        nonlocal running
        with lock:
            running += 1
            at_once.append(running)
        release.wait(5)
        with lock:
            running -= 1
        return Verdict(matches=True)

    monkeypatch.setattr(PasswordHasher, "_verify", slow)
    accepted = [asyncio.create_task(hasher.verify("x", "y")) for _ in range(3)]
    await asyncio.sleep(0.05)
    with pytest.raises(TooBusy) as refusal:
        await hasher.verify("x", "y")
    assert refusal.value.retry_after >= 1
    patient = asyncio.create_task(hasher.hash("x", patient=True))
    accepted[0].cancel()
    await asyncio.sleep(0.01)
    with pytest.raises(TooBusy):
        await hasher.verify("x", "y")
    release.set()
    assert [await task for task in accepted[1:]] == [Verdict(matches=True)] * 2
    await asyncio.sleep(0.01)
    assert await hasher.verify("x", "y") == Verdict(matches=True)
    assert (await patient).startswith("$argon2id$"), "who may wait is not turned away"
    assert max(at_once) == 2


async def test_hashing_leaves_the_event_loop_free(hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def noted(_: PasswordHasher, __: str, ___: str) -> Verdict:
        seen.append(threading.current_thread().name)
        return Verdict(matches=True)

    monkeypatch.setattr(PasswordHasher, "_verify", noted)
    await hasher.verify("x", "y")
    assert seen[0].startswith("argon2")
