"""JSON that two readers could understand differently, or that breaks a reader, must stop at the door with a 400."""

from __future__ import annotations

import pytest

from tallystick.runtime.json_door import read_json
from tallystick.runtime.problems import Kind, Refusal, Violations

REFUSED = {
    "NaN": (b'{"a": NaN}', "json_invalid"),
    "Infinity": (b"Infinity", "json_invalid"),
    "negative infinity": (b"[-Infinity]", "json_invalid"),
    "duplicate key": (b'{"secret-key": 1, "secret-key": 2}', "json_duplicate_key"),
    "duplicate key, one of them escaped": (b'{"a": 1, "\\u0061": 2}', "json_duplicate_key"),
    "duplicate key deep inside": (b'[{"a": {"b": 1, "b": 1}}]', "json_duplicate_key"),
    "not UTF-8": (b'"\xff"', "json_encoding"),
    "overlong UTF-8": (b'"\xc0\x80"', "json_encoding"),
    "surrogate in UTF-8": (b'"\xed\xa0\x80"', "json_encoding"),
    "byte order mark": (b"\xef\xbb\xbf{}", "json_encoding"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "json_encoding"),
    "UTF-16 without mark": ('{"a": 1}'.encode("utf-16-le"), "json_encoding"),
    "UTF-32": ("{}".encode("utf-32-be"), "json_encoding"),
    "lone high surrogate": (b'"\\ud800"', "json_encoding"),
    "lone low surrogate": (b'"\\udc00"', "json_encoding"),
    "surrogates in wrong order": (b'"\\udc00\\ud800"', "json_encoding"),
    "100,000 arrays deep": (b"[" * 100_000, "json_invalid"),
    "100,000 objects deep": (b'{"a":' * 100_000, "json_invalid"),
    "202 levels, closed": (b"[" * 202 + b"]" * 202, "json_invalid"),
    "integer of 5,000 digits": (b"9" * 5_000, "json_invalid"),
    "nothing": (b"", "json_invalid"),
    "white space only": (b" \n", "json_invalid"),
    "trailing comma": (b'{"a": 1,}', "json_invalid"),
    "two texts": (b"{} {}", "json_invalid"),
    "single quotes": (b"{'a': 1}", "json_invalid"),
    "comment": (b"{} // done", "json_invalid"),
    "leading zero": (b"01", "json_invalid"),
    "leading plus": (b"+1", "json_invalid"),
    "hexadecimal": (b"0x10", "json_invalid"),
    "number without fraction digits": (b"1.", "json_invalid"),
    "control character in a string": (b'"\x1f"', "json_invalid"),
    "raw NUL in a string": (b'"abcdef\x00"', "json_invalid"),
    "form feed as white space": (b"\x0c1", "json_invalid"),
    "cut off": (b'{"a": [1, 2', "json_invalid"),
}


@pytest.mark.parametrize(("raw", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_with_400_and_a_stable_code(raw: bytes, code: str) -> None:
    found = Violations()
    assert not read_json(raw, found)
    assert [violation.code for violation in found.found] == [code]
    with pytest.raises(Refusal) as refusal:
        found.refuse()
    assert refusal.value.kind is Kind.BAD_REQUEST
    assert len(refusal.value.detail) < 200


@pytest.mark.parametrize(
    "raw",
    [
        b"null",
        b" [1, 2.5, -0, 1e2, 1E-2, true] \r\n\t",
        b'"\\ud83d\\ude00"',
        b'{"a": {"a": 1}, "A": 1}',
        b"[" * 200 + b"]" * 200,
        b"9" * 4_000,
        '"Zürich ☃"'.encode(),
    ],
    ids=["null", "mixed", "surrogate pair", "keys alike", "200 levels", "4,000 digits", "UTF-8"],
)
def test_lets_json_pass(raw: bytes) -> None:
    found = Violations()
    assert read_json(raw, found)
    assert found.found == []


def test_says_where() -> None:
    found = Violations()
    read_json(b'{\n  "a": 1,\n}', found)
    assert found.found[0].message.endswith("at line 3, column 1.")


def test_repeats_nothing_that_the_client_sent() -> None:
    found = Violations()
    read_json(b'{"<script>": 1, "<script>": 2}', found)
    assert "script" not in found.found[0].message
