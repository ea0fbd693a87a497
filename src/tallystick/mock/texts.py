"""Strings by format, within bounds."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from tallystick.mock.patterns import text_matching

_WORDS = (
    "amber", "basil", "cedar", "delta", "ember", "fjord", "grove", "harbor", "indigo", "juniper", "kelp", "lagoon",
    "maple", "north", "opal", "prairie", "quartz", "river", "sable", "timber", "umber", "violet", "willow", "yarrow",
)  # fmt: skip
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


def _moment(random: Random) -> datetime:
    return _EPOCH + timedelta(seconds=random.randrange(366 * 86400))


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def _word(random: Random) -> str:
    return random.choice(_WORDS)


def _duration(random: Random) -> str:
    return f"P{random.randint(1, 28)}D"


FORMATS: Mapping[str, Callable[[Random], str]] = {
    "date-time": lambda random: _moment(random).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "date": lambda random: _moment(random).strftime("%Y-%m-%d"),
    "time": lambda random: _moment(random).strftime("%H:%M:%SZ"),
    "duration": _duration,
    "uuid": _uuid,
    "email": lambda random: f"{_word(random)}@example.com",
    "idn-email": lambda random: f"{_word(random)}@example.com",
    "hostname": lambda random: f"{_word(random)}.example.com",
    "idn-hostname": lambda random: f"{_word(random)}.example.com",
    "ipv4": lambda random: f"192.0.2.{random.randint(1, 254)}",
    "ipv6": lambda random: f"2001:db8::{random.randint(1, 0xFFFF):x}",
    "uri": lambda random: f"https://example.com/{_word(random)}",
    "url": lambda random: f"https://example.com/{_word(random)}",
    "iri": lambda random: f"https://example.com/{_word(random)}",
    "uri-reference": lambda random: f"/{_word(random)}",
    "iri-reference": lambda random: f"/{_word(random)}",
    "uri-template": lambda random: f"/{_word(random)}/{{id}}",
    "json-pointer": lambda random: f"/{_word(random)}",
    "relative-json-pointer": lambda random: f"{random.randint(0, 3)}/{_word(random)}",
    "regex": lambda random: f"^{_word(random)}$",
    "byte": lambda random: base64.b64encode(_word(random).encode()).decode(),
    "password": lambda random: f"{_word(random)}-{_word(random)}-{random.randint(100, 999)}",
}


def make_text(schema: Mapping[str, Any], random: Random) -> str:
    """A text for a string schema: by its format, its pattern, else words; cut and filled to its bounds."""
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    form = FORMATS.get(str(schema.get("format", "")))
    if form is not None:
        return form(random)
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        found = text_matching(pattern, random, least, None if most is None else int(most))
        if found is not None:
            return found
    if schema.get("contentEncoding") == "base64":
        return base64.b64encode(_word(random).encode()).decode()
    text = f"{_word(random)} {_word(random)}"
    while len(text) < least:
        text += f" {_word(random)}"
    return text if most is None else text[: max(int(most), 0)]
