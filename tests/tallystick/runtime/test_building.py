"""Models that name each other: each is built once, when it is needed, and judges all that it reaches."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tallystick.runtime.validation import Validator

COUNT = 90  # built into each other they would be deeper than Python's stack


@pytest.fixture
def ring() -> Iterator[Any]:
    """Many classes, each of which refers to the next, to one far away, and the last to the first."""
    lines = ["from __future__ import annotations", "from typing import Literal", "from tallystick.runtime import types"]
    for number in range(COUNT):
        lines += [
            f"class M{number}(types.ContractModel):",
            f"    kind: Literal['m{number}']",
            "    size: types.Opt[types.Int32] = None",
            f"    next: types.Opt[M{(number + 1) % COUNT}] = None",
            f"    far: types.Opt[M{number * 7 % COUNT} | M{(number * 7 + 1) % COUNT}] = None",
            f"    all: types.Opt[list[M{number * 13 % COUNT}]] = None",
        ]
    module = ModuleType("ring_in_test")
    sys.modules[module.__name__] = module
    exec("\n".join(lines), vars(module))  # noqa: S102  # running what is generated is the test
    yield module
    del sys.modules[module.__name__]


def nested(depth: int, start: int = 0, **last: Any) -> dict[str, Any]:
    """A chain of objects; `last` goes into the innermost."""
    value: dict[str, Any] = {"kind": f"m{(start + depth) % COUNT}", **last}
    for number in range(start + depth - 1, start - 1, -1):
        value = {"kind": f"m{number % COUNT}", "next": value}
    return value


def test_classes_are_built_on_first_use(ring: Any) -> None:
    """Importing a large contract must not cost what building it costs."""
    assert not any(getattr(ring, f"M{number}").__pydantic_complete__ for number in range(COUNT))
    assert ring.M5(kind="m5").kind == "m5"
    assert ring.M5.__pydantic_complete__


@pytest.mark.parametrize("way", ["request", "model", "adapter", "list"])
def test_a_circle_judges_what_is_deep_inside(ring: Any, way: str) -> None:
    """Every door to the same class has to judge all levels, with the whole path, whatever was built before."""
    checks: dict[str, Callable[[str], Any]] = {
        "request": lambda text: Validator(ring.M3).errors(text),
        "model": lambda text: (ring.M3.model_validate_json(text), []),
        "adapter": lambda text: (TypeAdapter(ring.M3).validate_json(text), []),
        "list": lambda text: Validator(list[ring.M3]).errors(f"[{text}]"),
    }
    value, errors = checks[way](json.dumps(nested(40, start=3, size=7)))
    assert errors == []
    written = value[0] if way == "list" else value
    assert json.loads(written.model_dump_json(exclude_unset=True)) == nested(40, start=3, size=7)
    bad = json.dumps(nested(40, start=3, size="seven"))
    place = (*(0,) * (way == "list"), *["next"] * 40, "size")
    try:
        _, errors = checks[way](bad)
    except ValidationError as error:
        errors = error.errors()
    assert [(each["type"], each["loc"]) for each in errors] == [("int_type", place)]


def test_a_union_in_a_circle_takes_the_one_that_fits(ring: Any) -> None:
    """The members of a union that are still being built have to be told apart all the same."""
    judge: Validator[Any] = Validator(ring.M2)
    for number in (14, 15):
        value, errors = judge.errors(json.dumps({"kind": "m2", "far": {"kind": f"m{number}"}}))
        assert value is not None
        assert errors == []
        assert isinstance(value.far, getattr(ring, f"M{number}"))
    assert judge.errors(json.dumps({"kind": "m2", "far": {"kind": "m16"}}))[1]


def test_python_values_need_no_building_of_others(ring: Any) -> None:
    """Handlers make what they answer: one object of a large circle must not cost the whole circle."""
    made = ring.M9(kind="m9", next=ring.M10(kind="m10"))
    assert made.model_dump(exclude_unset=True) == {"kind": "m9", "next": {"kind": "m10"}}
    with pytest.raises(ValidationError):
        ring.M9(kind="m9", next=ring.M11(kind="m11"))


def test_circles_are_built_once_by_many_threads(ring: Any) -> None:
    """Requests may come at once, the first ones too."""
    results: list[Any] = []
    texts = [json.dumps(nested(30, start=start)) for start in range(8)]
    judges: list[Validator[Any]] = [Validator(getattr(ring, f"M{start}")) for start in range(8)]
    threads = [
        threading.Thread(target=lambda at=at: results.append(judges[at].errors(texts[at])[1])) for at in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[]] * 8
