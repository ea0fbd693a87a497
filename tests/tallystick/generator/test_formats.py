"""Every format that JSON Schema defines, and those of OpenAPI: what is one, what is none, and what is only a note."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.support.models import Models, with_schemas

# Format: what fits, what does not.
JUDGED: dict[str, tuple[list[str], list[str]]] = {
    "date": (["2024-02-29", "0001-01-01"], ["2023-02-29", "2024-2-9", "2024-02-29T00:00:00Z", "٢٠٢٤-٠٢-٢٩", "0"]),
    "date-time": (
        [
            "2024-02-29T12:30:00Z",
            "2024-02-29t12:30:00.123456789z",
            "1990-12-31T23:59:60Z",
            "1937-01-01T12:00:27.87+00:20",
        ],
        ["2024-02-29 12:30:00Z", "2024-02-29T12:30:00", "2024-02-29T24:00:00Z", "1990-12-31T22:59:60Z", "1577836800"],
    ),
    "time": (["12:30:00Z", "23:59:60+00:00", "12:30:00.5-07:00"], ["12:30", "12:30:00", "24:00:00Z", "12:60:00Z"]),
    "duration": (["P1Y2M3DT4H5M6S", "P4W", "PT0S", "P3DT12H"], ["P", "PT", "1D", "P1H", "P1W2D", "P1.5D", "PT1D"]),
    "email": (
        ["a@b.test", '"a b"@b.test', "a@[127.0.0.1]", "a+b@localhost"],
        ["a", "a@", "@b", "a..b@c.test"],
    ),
    "idn-email": (["a@b.test", "실례@실례.테스트"], ["a", "2962"]),
    "hostname": (["a.test", "xn--bcher-kva.example", "a-b"], ["-a.test", "a_b", "a..b", "a" * 64, ""]),
    "idn-hostname": (["a.test", "bücher.example", "실례.테스트"], ["〮한.테스트", "-a.test", "a" * 64]),
    "ipv4": (["127.0.0.1", "255.255.255.255"], ["127.0.0.256", "127.1", "087.10.0.1", "1.2.3.4/24", "१.2.3.4"]),
    "ipv6": (["::1", "1::d6:192.168.0.1", "::"], ["1::2::3", "12345::", "::1%eth0", "1:2:3:4:5:6:7", "127.0.0.1"]),
    "uri": (
        ["http://a.test/b?c#d", "urn:isbn:0451450523", "mailto:a@b.test"],
        ["/a", "//a", "a b", "http://[::1", "\\\\a"],
    ),
    "uri-reference": (["/a", "//a.test/b", "#c", "", "http://a.test"], ["a b", "\\a", "#a\\b", "http://a test"]),
    "iri": (["http://ƒøø.ßår/?∂=∞", "urn:x:y"], ["/a", "http://2001:0db8::/a", "", "\\\\ä"]),
    "iri-reference": (["/ä", "#ƒ", "http://ä.test"], ["\\\\ä", "#ä\\b"]),
    "uri-template": (["/a/{b}", "/{?b,c*}", "plain"], ["/a/{b", "/a/{}"]),
    "uuid": (
        ["018f4e5c-7f3a-7c1b-9d2e-3f4a5b6c7d8e", "018F4E5C-7F3A-7C1B-9D2E-3F4A5B6C7D8E"],
        ["018f4e5c7f3a7c1b9d2e3f4a5b6c7d8e", "{018f4e5c-7f3a-7c1b-9d2e-3f4a5b6c7d8e}", "018f4e5c-7f3a-7c1b-9d2e"],
    ),
    "json-pointer": (["", "/a", "/a~1b/~0/0"], ["a", "/a~", "/~2", "#/a"]),
    "relative-json-pointer": (["0", "1/a", "0#"], ["/a", "-1", "01/a", "0##"]),
    "regex": (["^a$", "(?<=a)b", r"\p{L}"], ["(", "^(abc]", r"\Z"]),
}
# OpenAPI's own, and one that nobody knows: they say what a value is for, not which values there are.
NOTES = ("password", "binary", "char", "commonmark", "html", "media-range", "decimal", "money")
NUMBERS: dict[str, tuple[str, list[str], list[str]]] = {
    "int32": ("integer", ["2147483647", "-2147483648", "1.0"], ["2147483648", "-2147483649", "1.5"]),
    "int64": ("integer", ["9223372036854775807", "-9223372036854775808"], ["9223372036854775808", "true"]),
    "float": ("number", ["1.5", "1e300", "1"], ['"1"', "true"]),
    "double": ("number", ["1.5", "1e300", "5e-324"], ['"1"']),
    "decimal": ("number", ["0.1", "12345678901234567890.123", "-1"], ['"0.1"', "null"]),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    schemas: dict[str, Any] = {f"S-{name}": {"type": "string", "format": name} for name in (*JUDGED, *NOTES, "byte")}
    schemas |= {f"N-{name}": {"type": kind, "format": name} for name, (kind, _, _) in NUMBERS.items()}
    return Models(with_schemas(tmp_path_factory.mktemp("formats"), schemas))


@pytest.mark.parametrize("name", JUDGED)
def test_formats_are_judged(name: str, models: Models) -> None:
    """As the guard of the answers judges them, or a value that was let in could not be answered."""
    guard = jsonschema_rs.Draft202012Validator({"type": "string", "format": name}, validate_formats=True)
    fitting, others = JUDGED[name]
    found = {text: (models.accepts(f"S-{name}", json.dumps(text)), guard.is_valid(text)) for text in fitting + others}
    assert found == {text: (text in fitting,) * 2 for text in found}
    assert not models.accepts(f"S-{name}", "1")


@pytest.mark.parametrize("name", JUDGED)
def test_formats_come_back_as_they_were_sent(name: str, models: Models, tmp_path: Path) -> None:
    """What is normalised on its way is another value for whoever compares it."""
    normalised = {"date-time", "time", "uuid"}  # these become objects; equal ones are written alike
    adapter = models.adapter(f"S-{name}")
    for text in JUDGED[name][0] if name not in normalised else ():
        assert json.loads(adapter.dump_json(adapter.validate_json(json.dumps(text)))) == text


@pytest.mark.parametrize("name", NOTES)
def test_other_formats_are_notes(name: str, models: Models) -> None:
    """A fuzzer, and JSON Schema, take any text for them."""
    assert models.accepts(f"S-{name}", '"\\u00e4 b"')
    assert not models.accepts(f"S-{name}", "1")


@pytest.mark.parametrize("name", NUMBERS)
def test_widths_of_numbers(name: str, models: Models) -> None:
    """A number past its width would fail in the database, or lose its digits."""
    _, fitting, others = NUMBERS[name]
    found = {text: models.accepts(f"N-{name}", text) for text in fitting + others}
    assert found == {text: text in fitting for text in found}


def test_bytes(models: Models) -> None:
    """`byte` is base64 (RFC 4648, section 4): what cannot be decoded is none."""
    assert models.adapter("S-byte").validate_json('"aMOk"') == "hä".encode()
    assert [models.accepts("S-byte", json.dumps(text)) for text in ("", "YQ==", "YQ", "Y Q=", "-_==")] == [
        *(True, True),
        *(False, False, False),
    ]
