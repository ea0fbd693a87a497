"""Made texts match the patterns they are made for."""

from __future__ import annotations

from random import Random

import pytest

from tallystick.mock.patterns import text_matching
from tallystick.runtime.patterns import translate

PATTERNS = [
    "^[0-9a-f]{48}$", "^(a|bc)+$", r"^\d{3}-\w+\s?\S\D\W$", "[^a-z]", "^[^x]{2,}$", "^.{3}$",
    r"^(?<year>\d{4})\k<year>$",
    r"^(\w)-\1$", "^(?=a)[ab]{2}$", r"^\p{L}+$", r"^\u{1F600}?x$", "^(?:ab)*?$", r"\.json$", "^[A-Z]", "x", "",
    "^[\\u4e00-\\u4e10]$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_text_matches(pattern: str) -> None:
    for seed in range(10):
        text = text_matching(pattern, Random(seed))
        assert text is not None
        assert translate(pattern).matches(text)


@pytest.mark.parametrize(("least", "most"), [(20, 30), (0, 3), (64, None)])
def test_the_text_keeps_its_bounds(least: int, most: int | None) -> None:
    text = text_matching("^[a-z]+$", Random(1), least, most)
    assert text is not None
    assert least <= len(text) <= (most or len(text))


@pytest.mark.parametrize("pattern", ["^(?!)$", "^(", "^a$^b$"])
def test_what_nothing_matches_gives_nothing(pattern: str) -> None:
    assert text_matching(pattern, Random(1)) is None
