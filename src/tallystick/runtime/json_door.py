"""The strict door for JSON text: what RFC 8259 and UTF-8 do not allow never reaches a validator."""

from __future__ import annotations

import codecs
import re

from jiter import from_json

from tallystick.runtime.problems import Location, Violations

_PLACE = re.compile(r"^(.*) at line (\d+) column (\d+)$", re.DOTALL)
_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_json(raw: bytes, found: Violations, location: Location = "body", pointer: str = "") -> bool:
    """Whether the bytes are one JSON text in UTF-8 that every reader understands alike; if not, the reason is noted.

    Refused beyond bad syntax: duplicate keys, NaN and infinities, lone surrogates, a byte order mark, more than 201
    levels, integers of more than 4,300 digits.
    """
    try:
        from_json(raw, cache_mode="none", allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        code, message = _explain(raw, str(error))
        found.add_malformed(location, pointer, code, message)
        return False
    return True


def _explain(raw: bytes, problem: str) -> tuple[str, str]:
    """A stable code and a sentence that repeats nothing the client sent."""
    if raw.startswith(_BYTE_ORDER_MARKS) or b"\x00" in raw[:4]:
        return "json_encoding", "JSON must be encoded in UTF-8 without a byte order mark."
    place = _PLACE.match(problem)
    reason, where = (place[1], f" at line {place[2]}, column {place[3]}") if place else (problem, "")
    if reason.startswith("Detected duplicate key"):
        return "json_duplicate_key", f"A name is used twice in one JSON object{where}."
    if "unicode code point" in reason:
        return "json_encoding", f"The JSON text is not UTF-8{where}."
    if "surrogate" in reason or "hex escape" in reason:
        return "json_encoding", f"A \\u escape in the JSON text stands for no character{where}."
    return "json_invalid", f"The JSON text cannot be read: {reason}{where}."
