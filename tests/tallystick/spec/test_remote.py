"""References to other hosts: a fault here lets a contract make this machine ask whom it wants, or builds differ."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tallystick.cli import app
from tallystick.spec import remote
from tallystick.spec.remote import read_origin
from tests.tallystick.spec.reading import HEAD

PAGES = {
    "/v1/shapes.yaml": "Circle: {type: object, properties: {centre: {$ref: 'points.json#/Point'}}}\n",
    "/v1/points.json": '{"Point": {"type": "object", "properties": {"x": {"$ref": "../common.yaml#/Number"}}}}',
    "/common.yaml": "Number: {type: number}\n",
    "/broken.yaml": "Circle: {type: [\n",
    "/large.yaml": "Circle: {type: object}\n" + "#" * 300_000,
}


class Site(ThreadingHTTPServer):
    """Serves the pages; `asked` is what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        page = PAGES.get(self.path)
        self.send_response(200 if page is not None else 404)
        self.end_headers()
        self.wfile.write((page or "").encode())

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contract(folder: Path, reference: str) -> None:
    schema = f"{{type: object, properties: {{c: {{$ref: '{reference}'}}}}}}"
    text = HEAD + f"paths: {{}}\ncomponents: {{schemas: {{A: {schema}}}}}\n"
    (folder / "api.yaml").write_text(text)


def tally(*arguments: str) -> Result:
    done = CliRunner().invoke(app, arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def bundle(*arguments: str) -> dict[str, object]:
    done = tally("bundle", "api.yaml", "--format", "json", *arguments)
    assert done.exit_code == 0, done.output
    schemas: dict[str, object] = json.loads(done.output)["components"]["schemas"]
    return schemas


def test_nothing_is_fetched_unless_it_is_allowed(folder: Path, site: Site) -> None:
    contract(folder, f"{site.origin}/v1/shapes.yaml#/Circle")
    done = tally("lint", "api.yaml")
    assert (done.exit_code, site.asked) == (1, [])
    assert "api.yaml:4:" in done.output
    assert "error ref-remote" in done.output
    assert f"--allow-remote {site.origin}" in done.output


@pytest.mark.parametrize(
    "allowed", ["127.0.0.1", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "http://localhost:{port}"]
)
def test_scheme_host_and_port_are_all_meant(folder: Path, site: Site, allowed: str) -> None:
    contract(folder, f"{site.origin}/v1/shapes.yaml#/Circle")
    done = tally("lint", "api.yaml", "--allow-remote", allowed.format(port=site.server_port))
    assert (done.exit_code, site.asked) == (1, [])


def test_documents_refer_to_others_by_their_own_address(folder: Path, site: Site) -> None:
    contract(folder, f"{site.origin}/v1/shapes.yaml#/Circle")
    schemas = bundle("--allow-remote", site.origin)
    assert set(schemas) == {"A", "Circle", "Point", "Number"}
    assert sorted(site.asked) == ["/common.yaml", "/v1/points.json", "/v1/shapes.yaml"]


def test_what_was_fetched_is_kept_and_builds_need_no_network(folder: Path, site: Site) -> None:
    contract(folder, f"{site.origin}/v1/shapes.yaml#/Circle")
    generate = ("generate", "api.yaml", "--output", "made", "--allow-remote", site.origin)
    assert tally(*generate).exit_code == 0
    asked = list(site.asked)
    assert tally(*generate, "--check", "--force").exit_code == 0
    assert site.asked == asked
    (kept,) = folder.glob(".tally_cache/remote/common.*.yaml")
    kept.write_text("Number: {type: string}\n")
    done = tally(*generate, "--check")
    assert (done.exit_code, "is not what was fetched" in done.output) == (1, True)
    kept.unlink()
    assert tally(*generate, "--check").exit_code == 0
    assert site.asked == [*asked, "/common.yaml"]


def test_the_setting_of_the_project(folder: Path, site: Site) -> None:
    contract(folder, f"{site.origin}/common.yaml#/Number")
    (folder / "pyproject.toml").write_text(f'[tool.tallystick]\ncontract = "api.yaml"\nremote = ["{site.origin}"]\n')
    assert set(bundle()) == {"A", "Number"}


def test_what_is_wrong_there_is_told_with_its_address(folder: Path, site: Site) -> None:
    contract(folder, f"{site.origin}/broken.yaml#/Circle")
    done = tally("lint", "api.yaml", "--allow-remote", site.origin)
    assert (done.exit_code, f"{site.origin}/broken.yaml:" in done.output) == (1, True)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/nowhere.yaml", "was answered with 404"),
        ("/to//common.yaml", ""),
        ("/to/http://127.0.0.1:1/common.yaml", "http://127.0.0.1:1 is not allowed"),
        ("/to/file:///etc/passwd", "is not allowed"),
        ("/to//to//to//to//common.yaml", "was redirected more than 3 times"),
    ],
)
def test_redirects_and_failures(folder: Path, site: Site, path: str, message: str) -> None:
    contract(folder, f"{site.origin}{path}#/Number")
    done = tally("lint", "api.yaml", "--allow-remote", site.origin)
    assert (done.exit_code, message in done.output) == (1 if message else 0, True), done.output


def test_too_large(folder: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MAX_BYTES", 200_000)
    contract(folder, f"{site.origin}/large.yaml#/Circle")
    done = tally("lint", "api.yaml", "--allow-remote", site.origin)
    assert (done.exit_code, "is larger than" in done.output) == (1, True)


def test_too_slow(folder: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MAX_SECONDS", 0.0)
    contract(folder, f"{site.origin}/common.yaml#/Number")
    done = tally("lint", "api.yaml", "--allow-remote", site.origin)
    assert (done.exit_code, "took longer than" in done.output) == (1, True)


def test_a_name_that_leads_into_the_own_network_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> list[object]:
        return [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    contract(folder, "https://inner.test/a.yaml#/A")
    done = tally("lint", "api.yaml", "--allow-remote", "inner.test")
    assert (done.exit_code, "inner.test is 10.0.0.1, which is no public address" in done.output) == (1, True)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("a.test", ("https", "a.test", 443)),
        ("a.test:8443", ("https", "a.test", 8443)),
        ("http://a.test", ("http", "a.test", 80)),
        ("https://A.test/", ("https", "a.test", 443)),
        ("a.test/path", None),
        ("https://user@a.test", None),
        ("ftp://a.test", None),
        ("a.test:port", None),
        ("", None),
    ],
)
def test_how_hosts_are_written(text: str, origin: object) -> None:
    assert read_origin(text) == origin


def test_a_host_that_is_none_is_wrong_usage(folder: Path) -> None:
    contract(folder, "#/components/schemas/A")
    assert tally("lint", "api.yaml", "--allow-remote", "a.test/path").exit_code == 2


def test_an_index_that_was_damaged_is_told(folder: Path, site: Site) -> None:
    contract(folder, f"{site.origin}/common.yaml#/Number")
    assert bundle("--allow-remote", site.origin)
    (folder / ".tally_cache" / "remote" / "index.json").write_text("[1")
    done = tally("lint", "api.yaml", "--allow-remote", site.origin)
    assert (done.exit_code, "remove it to fetch again" in done.output) == (1, True)
