"""Files that someone made to hurt, or by accident: each ends in one clear error, soon, and never in a traceback."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tallystick.cli import app
from tests.tallystick.spec.reading import HEAD

PATHS = "paths: {}\n"
NO_ANSWER = "responses: {'204': {description: ok}}"
PATIENCE = 30.0
HEADERS = (
    "components: {headers: {H: {content: {multipart/mixed: {schema: {}, encoding: {a: {headers: {X:"
    " {$ref: '#/components/headers/H'}}}}}}}}}\n"
)
CALLBACKS = (
    "components: {callbacks: {C: {'{$url}': {post: {callbacks: {d: {$ref: '#/components/callbacks/C'}},"
    " responses: {}}}}}}\n"
)


def lint(path: Path) -> tuple[int, str]:
    """Exit code and first line; the folder is cut off."""
    started = time.monotonic()
    done = CliRunner().invoke(app, ["lint", path.name])
    assert time.monotonic() - started < PATIENCE
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output.partition("\n")[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    (tmp_path / "secret.yaml").write_text("A: {type: string}\n")
    (inner / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (inner / "folder").mkdir()
    os.mkfifo(inner / "pipe")
    return inner


def callbacks(levels: int, width: int) -> str:
    """Each level refers to the next several times."""
    lines = [
        f"    C{level}: {{'{{$url}}': {{post: {{callbacks: {{"
        + ", ".join(f"d{number}: {{$ref: '#/components/callbacks/C{level + 1}'}}" for number in range(width))
        + f"}}, {NO_ANSWER}}}}}}}\n"
        for level in range(levels)
    ]
    use = f"paths: {{/a: {{post: {{callbacks: {{c: {{$ref: '#/components/callbacks/C0'}}}}, {NO_ANSWER}}}}}}}\n"
    last = f"    C{levels}: {{'{{$url}}': {{post: {{{NO_ANSWER}}}}}}}\n"
    return HEAD + use + "components:\n  callbacks:\n" + "".join(lines) + last


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.yaml", HEAD + "x-a: " + "[" * 10_000 + "]" * 10_000, "a.yaml:3:205: error nesting"),
        ("a.yaml", HEAD + "".join(" " * n + f"k{n}:\n" for n in range(2_000)), "a.yaml:203:201: error nesting"),
        ("a.yaml", "- " * 10_000, "a.yaml:1:401: error nesting"),
        ("a.yaml", "? " * 10_000, "a.yaml:1:3: error yaml-key"),
        ("a.json", '{"a":' * 10_000 + "1" + "}" * 10_000, "a.json:1:1001: error nesting"),
        ("a.json", '{"a":' + "[" * 10_000 + "]" * 10_000 + "}", "a.json:1:205: error nesting"),
        ("a.yaml", HEAD + "x: " + "9" * 100_000, "a.yaml:3:4: error number"),
        ("a.json", '{"x": ' + "9" * 100_000 + "}", "a.json:1:7: error number"),
        ("a.yaml", HEAD + "x: \udcff", "a.yaml:3:4: error file-encoding"),
        ("a.yaml", HEAD + "paths:\n\t/a: {}\n", "a.yaml:4:1: error yaml-syntax: a tab"),
        ("a.yaml", HEAD + PATHS + "x: &a {b: 1}\ny: {<<: *a}\n", "a.yaml:5:5: error yaml-merge-key"),
        ("a.yaml", HEAD + PATHS + "x: {null: 1}\n", "a.yaml:4:5: error yaml-key"),
        ("a.yaml", HEAD + PATHS + "x: {true: 1}\n", "a.yaml:4:5: error yaml-key"),
        ("a.yaml", HEAD + PATHS + "x: !!python/object/apply:os.system [ls]\n", "a.yaml:4:4: error yaml-tag"),
        ("a.yaml", "", "a.yaml:1:1: error file-empty"),
        ("a.json", " \n", "a.json:1:1: error file-empty"),
        ("a.yaml", HEAD + PATHS + "---\nx: 1\n", "a.yaml:4:1: error yaml-documents"),
        ("a.yaml", callbacks(9, 10), "a.yaml:3:43: error ref-expansion"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_hostile_text(folder: Path, name: str, content: str, problem: str) -> None:
    (folder / name).write_text(content, encoding="utf-8", errors="surrogateescape")
    code, line = lint(folder / name)
    assert (code, line[: len(problem)]) == (1, problem)


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("../secret.yaml#/A", "ref-outside"),
        ("..%2fsecret.yaml#/A", "ref-outside"),
        ("%2e%2e/secret.yaml#/A", "ref-outside"),
        ("..%252fsecret.yaml#/A", "ref-file"),
        ("folder/../../secret.yaml#/A", "ref-outside"),
        ("link.yaml#/A", "ref-outside"),
        ("/etc/passwd#/A", "ref-outside"),
        ("file:///etc/passwd#/A", "ref-remote"),
        ("//host.test/a.yaml#/A", "ref-remote"),
        ("folder#/A", "ref-file: folder is no regular file"),
        ("pipe#/A", "ref-file: pipe is no regular file"),
        ("%00.yaml#/A", "ref-file"),
        ("%ff.yaml#/A", "ref-file"),
        ("nowhere.yaml", "ref-file"),
    ],
)
def test_references_that_leave_the_folder(folder: Path, reference: str, problem: str) -> None:
    (folder / "a.yaml").write_text(HEAD + PATHS + f"components: {{schemas: {{A: {{$ref: '{reference}'}}}}}}\n")
    code, line = lint(folder / "a.yaml")
    assert (code, line.startswith(f"a.yaml:4:34: error {problem}")) == (1, True), line


@pytest.mark.parametrize(
    "reference", ["b%20%C3%BC.yaml#/A", "./b ü.yaml#/A", "b%20ü.yaml#/~1x/y~0z/A", "b ü.yaml#/%2F"]
)
def test_references_with_odd_names(folder: Path, reference: str) -> None:
    (folder / "b ü.yaml").write_text("A: {type: string}\n/x: {y~z: {A: {type: string}}}\n'%': 1\n")
    reference = reference.replace("#/%2F", "#%2F~1x%2Fy~0z/%41")
    schema = f"{{schemas: {{Z: {{type: object, properties: {{p: {{$ref: '{reference}'}}}}}}}}}}"
    (folder / "a.yaml").write_text(HEAD + PATHS + f"components: {schema}\n")
    code, line = lint(folder / "a.yaml")
    assert code == 0, line


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("paths: {/a: {$ref: '#/paths/~1b'}, /b: {$ref: '#/paths/~1a'}}\n", "3:20"),
        ("paths: {/a: {post: {callbacks: {c: {'{$url}': {$ref: '#/paths/~1a'}}}, responses: {}}}}\n", "3:54"),
        (PATHS + HEADERS, "4:103"),
        (PATHS + CALLBACKS, "4:70"),
        (PATHS + "components: {parameters: {A: {$ref: '#/components/parameters/A'}}}\n", "4:37"),
        (PATHS + "components: {responses: {A: {$ref: '#/components/responses/A'}}}\n", "4:36"),
        (PATHS + "components: {examples: {A: {$ref: '#/components/examples/A'}}}\n", "4:35"),
        (PATHS + "components: {schemas: {A: {$ref: '#/components/schemas/A/properties/x'}}}\n", "4:34"),
    ],
)
def test_what_contains_itself(folder: Path, text: str, problem: str) -> None:
    (folder / "a.yaml").write_text(HEAD + text)
    code, line = lint(folder / "a.yaml")
    assert (code, line.startswith(f"a.yaml:{problem}: error ref-cycle")) == (1, True), line
    done = CliRunner().invoke(app, ["bundle", "--normalised", "a.yaml"])
    assert (done.exit_code, "error ref-cycle" in done.output) == (1, True), "this way asks no rules"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("paths:\n  /a:\n    get:\n      responses: {'200': {description: ok}\n  /b/{id}:\n    get: {}\n", "6:43"),
        ("tags: [a, b  # two\npaths: {}\n", "3:12"),
        ("tags:\n  - {name: a,\n     description: b\n  - {name: c}\n", "5:20"),
        ("paths: {/a: {get: {tags: [{name: a}, {name: b], responses: {}}}}\n", "3:46"),
        ("x:\n  - {target: $.paths['/a'], update: {}}\n", "4:21"),
        ("x: {a: [yes}}\n", "3:12"),
        ('x: {a: 1 "b": 2}\n', "3:13"),
        ("x: {a: 1", "3:4"),
    ],
)
def test_a_bracket_is_missed_where_it_has_to_stand(folder: Path, text: str, where: str) -> None:
    (folder / "a.yaml").write_text(HEAD + text)
    code, line = lint(folder / "a.yaml")
    assert (code, line.partition(" ")[0]) == (1, f"a.yaml:{where}:"), line


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"%YAML 1.2\n---\n"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_marks_and_line_ends_do_not_matter(folder: Path, content: bytes, end: bytes) -> None:
    text = (
        HEAD + "paths: {/a: {get: {operationId: a, responses: {200: {description: ok}}}}}\nx-yes: {yes: on, off: no}\n"
    )
    (folder / "a.yaml").write_bytes((content + text.encode()).replace(b"\n", end))
    assert lint(folder / "a.yaml")[0] == 0


@pytest.mark.parametrize("name", ["pipe", "folder", "nowhere.yaml"])
def test_what_is_no_file_is_wrong_usage(folder: Path, name: str) -> None:
    code, line = lint(folder / name)
    assert (code, line.startswith("error file-")) == (2, True), line


@pytest.mark.parametrize(
    "use",
    [
        "requestBody: {content: {multipart/form-data: {schema: {$ref: '#/components/schemas/C0'}}}}",
        "requestBody: {content: {application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/C0'}}}}",
        "parameters: [{name: q, in: query, style: deepObject, schema: {$ref: '#/components/schemas/C0'}}]",
    ],
)
@pytest.mark.parametrize(
    ("each", "levels"),
    [("allOf: [%s]", 12), ("type: object, properties: {a: %s}", 12)],
)
def test_schemas_that_multiply(folder: Path, use: str, each: str, levels: int) -> None:
    """Ten references to the next, twelve times over: what is written out for forms must not grow like that."""
    lines = []
    for level in range(levels):
        to = f"{{$ref: '#/components/schemas/C{level + 1}'}}"
        many = ", ".join([to] * 10) if "allOf" in each else ", ".join([to, *(f"p{n}: {to}" for n in range(9))])
        lines.append(f"    C{level}: {{{each % many}}}\n")
    last = f"    C{levels}: {{type: object, properties: {{z: {{type: string}}}}}}\n"
    text = f"paths: {{/a: {{post: {{operationId: a, {use}, {NO_ANSWER}}}}}}}\ncomponents:\n  schemas:\n"
    (folder / "a.yaml").write_text(HEAD + text + "".join(lines) + last)
    started = time.monotonic()
    done = CliRunner().invoke(app, ["generate", "a.yaml", "--output", "made"])
    assert done.exit_code in (0, 1), done.output
    assert time.monotonic() - started < 2 * PATIENCE
