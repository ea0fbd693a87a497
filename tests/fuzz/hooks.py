"""Loaded by Schemathesis (`hooks` in schemathesis.toml): our checks, and the steering of cases.

The runner says in the environment where the server is (FUZZ_URL), which seed this is (FUZZ_SEED) and where the checks
note their own requests (FUZZ_LEDGER).
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import Any

import schemathesis
from schemathesis import Case, HookContext, Response

from tallystick.checks.fuzz.harness import HARNESS
from tallystick.checks.fuzz.registry import register
from tests.fuzz.people import Api, People
from tests.fuzz.steering import learn, steer
from tests.fuzz.world import World

register()

_api = Api(os.environ["FUZZ_URL"])
_people = People(_api)
_world = World(_api, _people, Random(int(os.environ["FUZZ_SEED"])))
_world.begin()
HARNESS.configure(_people, Path(os.environ["FUZZ_LEDGER"]))


# Headers that tell where a message ends, or to whom it goes: a wrong one is refused by the HTTP server, with an answer
# that no contract can declare. The tool invents them now and then; tests on raw sockets send them on purpose.
FRAMING = frozenset({"connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"})


@schemathesis.hook
def filter_headers(_context: HookContext, headers: dict[str, Any] | None) -> bool:
    return FRAMING.isdisjoint(name.lower() for name in headers or ())


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    steer(_world, case)


@schemathesis.hook
def after_call(_context: HookContext, case: Case[Any], response: Response) -> None:
    learn(_world, case, response)
