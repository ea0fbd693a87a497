"""A contract from disk: what can be wrong with files themselves, and following references."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.loader import load
from tests.tallystick.spec.reading import HEAD, places, problems, write

PATHS = "paths: {}\n"


def refused(path: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(ContractError) as caught:
        load(path)
    return caught.value.diagnostics


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert [each.rule for each in refused(tmp_path / "nothing.yaml")] == ["file-missing"]
    assert [each.rule for each in refused(tmp_path)] == ["file-directory"]


def test_invalid_utf8_is_shown_at_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_bytes(HEAD.encode() + "x-ä: é".encode() + b"\xff\n")
    (found,) = refused(file)
    assert places([found]) == ["3:7 file-encoding"]
    assert "0xff" in found.message


def test_utf16_is_named(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_bytes((HEAD + PATHS).encode("utf-16"))
    assert "UTF-16" in refused(file)[0].message


def test_a_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + (HEAD + PATHS).encode())
    assert load(file).root["openapi"] == "3.1.0"
    as_json = tmp_path / "openapi.json"
    as_json.write_bytes(b"\xef\xbb\xbf" + b'{"openapi": "3.1.0"}')
    assert load(as_json).root["openapi"] == "3.1.0"


def test_windows_line_ends_do_not_shift_places(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_bytes((HEAD + PATHS + PATHS).replace("\n", "\r\n").encode())
    assert places(refused(file)) == ["4:1 duplicate-key"]


def test_names_are_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "api", openapi=HEAD + "paths: {/a: {$ref: 'paths/a.yaml#/b'}}\n", paths__a="a: {}\n")
    monkeypatch.chdir(tmp_path)
    (found,) = refused(Path("api/openapi.yaml"))
    assert str(found.position).startswith("api/openapi.yaml:3:")
    assert "api/paths/a.yaml" in found.message


def test_files_are_read_once_and_remembered(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        openapi=HEAD + "paths: {/a: {$ref: 'parts.yaml#/a'}, /b: {$ref: './parts.yaml#/b'}}\n",
        parts="a: {}\nb: {}\nunused: {$ref: nothing.yaml}\n",
    )
    assert [source.path.name for source in load(entry).sources] == ["openapi.yaml", "parts.yaml"]


def test_recursive_schemas_are_normal(tmp_path: Path) -> None:
    schema = "components: {schemas: {Node: {properties: {next: {$ref: '#/components/schemas/Node'}}}}}\n"
    assert problems(tmp_path, openapi=HEAD + PATHS + schema) == ()


def test_what_only_looks_like_a_reference_is_data(tmp_path: Path) -> None:
    schema = """
components:
  schemas:
    A:
      properties: {$ref: {type: string}}
      example: {$ref: "nothing.yaml"}
      default: {$ref: "#/nowhere"}
      enum: [{$ref: "#/nowhere"}]
  examples:
    a: {value: {$ref: "nothing.yaml"}}
"""
    assert problems(tmp_path, openapi=HEAD + PATHS + schema) == ()


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("a: {}\n")
    entry = write(tmp_path / "api", openapi=HEAD + "paths: {/a: {$ref: 'inside.yaml#/a'}}\n")
    (tmp_path / "api" / "inside.yaml").symlink_to(tmp_path / "secret.yaml")
    assert [each.rule for each in refused(entry)] == ["ref-outside"]


@pytest.mark.parametrize(
    ("reference", "rule"),
    [
        ("http://localhost/a.yaml", "ref-remote"),
        ("//localhost/a.yaml", "ref-remote"),
        ("file:///etc/passwd", "ref-remote"),
        ("urn:example:a", "ref-remote"),
        ("/etc/passwd", "ref-outside"),
        ("C:/a.yaml", "ref-outside"),
        ("\\\\host\\a.yaml", "ref-outside"),
        ("../a.yaml", "ref-outside"),
        ("a/../../a.yaml", "ref-outside"),
        ("%2e%2e%2fa.yaml", "ref-outside"),
        ("nothing.yaml", "ref-file"),
        ("a%00.yaml", "ref-file"),
        (".", "ref-file"),
        ("#/nowhere", "ref-pointer"),
        ("#nowhere", "ref-pointer"),
        ("#/info/title/0", "ref-pointer"),
    ],
)
def test_references_that_are_refused(tmp_path: Path, reference: str, rule: str) -> None:
    found = problems(tmp_path, openapi=HEAD + f"paths:\n  /a:\n    $ref: '{reference}'\n")
    assert places(found) == [f"5:11 {rule}"]


def test_pointers_are_unescaped(tmp_path: Path) -> None:
    schema = """
components:
  schemas:
    A: {oneOf: [{$ref: "#/x-odd/a~1b"}, {$ref: "#/x-odd/c~0d"}, {$ref: "#/x-odd/e%20f"}, {$ref: "#/x-odd/g/1"}]}
x-odd: {a/b: {}, c~d: {}, e f: {}, g: [{}, {}]}
"""
    assert problems(tmp_path, openapi=HEAD + PATHS + schema) == ()


def test_hints_name_what_is_near(tmp_path: Path) -> None:
    files = {"openapi": HEAD + "paths: {/a: {$ref: 'item.yaml#/a'}}\n", "items": "a: {}\n"}
    assert problems(tmp_path, **files)[0].hint == 'did you mean "items.yaml"?'
    files = {"openapi": HEAD + "paths: {/a: {$ref: 'items.yaml#/member'}}\n", "items": "members: {}\n"}
    assert problems(tmp_path, **files)[0].hint == 'did you mean "members"?'


def test_anchors_are_found(tmp_path: Path) -> None:
    schema = "components: {schemas: {A: {$ref: '#here'}, B: {$anchor: here, type: string}}}\n"
    assert problems(tmp_path, openapi=HEAD + PATHS + schema) == ()


def test_cycles_across_files_are_found(tmp_path: Path) -> None:
    files = {
        "openapi": HEAD + "paths: {}\ncomponents: {schemas: {A: {$ref: 'part.yaml#/A'}}}\n",
        "part": "A: {$ref: 'openapi.yaml#/components/schemas/A'}\n",
    }
    assert [each.rule for each in problems(tmp_path, **files)] == ["ref-cycle"]


@pytest.mark.parametrize("reference", ["#/components/schemas/A/b", "#/components/schemas/B/b/c"])
def test_a_way_through_itself_has_no_end(tmp_path: Path, reference: str) -> None:
    schemas = "{A: {$ref: '#/components/schemas/A/b'}, B: {$ref: '#/components/schemas/C/b'}, C: {$ref: '%s'}}"
    found = problems(tmp_path, openapi=HEAD + PATHS + f"components: {{schemas: {schemas % reference}}}\n")
    assert "ref-cycle" in {each.rule for each in found}
