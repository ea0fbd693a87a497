"""References that leave the machine: fetched from hosts that were allowed by name, once, and kept beside the contract.

What was fetched lies in `.tally_cache/remote` of the contract's folder with its digest. As long as it is there the
network is not asked again: commit it, and every build reads the same bytes. Remove a file to have it fetched anew.
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import json
import os
import re
import socket
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urldefrag, urljoin, urlsplit

from tallystick.spec.limits import MAX_BYTES

FOLDER = Path(".tally_cache") / "remote"
MAX_SECONDS = 30.0
_READ_SECONDS = 10.0
_REDIRECTS = 3
_PORTS = {"https": 443, "http": 80}
_CHUNK = 65_536
Origin = tuple[str, str, int]


class RemoteProblem(Exception):
    """A document that may not, or cannot, be fetched; message and next step."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def read_origin(text: str) -> Origin | None:
    """`host`, `host:port` or `scheme://host:port` as scheme, host and port; https where nothing is said."""
    try:
        parts = urlsplit(text if "//" in text else f"https://{text}")
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    is_bare = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port and is_bare else None


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document as it was fetched."""

    file: str
    sha256: str


class Remote:
    """Documents of some hosts, for the contract in a folder."""

    def __init__(self, folder: Path, allowed: frozenset[Origin]) -> None:
        self._folder = folder / FOLDER
        self._allowed = allowed
        self._index: dict[str, _Kept] | None = None
        self._urls: dict[Path, str] = {}

    def url_of(self, path: Path) -> str | None:
        """Where a kept document came from."""
        return self._urls.get(path)

    def locate(self, url: str) -> Path:
        """The kept copy of a document, fetched if there is none.

        Raises:
            RemoteProblem: its host is not allowed, it cannot be fetched, or the copy was changed.
        """
        url = urldefrag(url).url
        self._admit(url)
        kept = self._read_index().get(url)
        if kept is None:
            kept = self._keep(url, _fetch(url, self._admit))
        path = (self._folder / kept.file).resolve()
        self._check(path, kept, url)
        self._urls[path] = url
        return path

    def _admit(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError as error:
            raise RemoteProblem(f"{url} is no URL", "correct the reference") from error
        if (parts.scheme, parts.hostname or "", port) not in self._allowed:
            origin = f"{parts.scheme}://{parts.netloc}"
            hint = f"copy the file beside the contract, or allow the host: --allow-remote {origin}"
            raise RemoteProblem(f"{url} is a remote reference, and {origin} is not allowed", hint)
        return parts

    def _read_index(self) -> dict[str, _Kept]:
        if self._index is None:
            self._index = {}
            try:
                found = json.loads((self._folder / "index.json").read_text(encoding="utf-8"))
                self._index = {url: _Kept(Path(one["file"]).name, one["sha256"]) for url, one in found.items()}
            except FileNotFoundError:
                pass
            except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
                file = self._folder / "index.json"
                raise RemoteProblem(f"{file} cannot be read", "restore it, or remove it to fetch again") from error
            self._index = {url: one for url, one in self._index.items() if (self._folder / one.file).is_file()}
        return self._index

    def _keep(self, url: str, content: bytes) -> _Kept:
        digest = hashlib.sha256(content).hexdigest()
        kept = _Kept(_file_name(url), digest)
        index = self._read_index()
        index[url] = kept
        entries = {each: {"file": one.file, "sha256": one.sha256} for each, one in sorted(index.items())}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write(self._folder / kept.file, content)
            _write(self._folder / "index.json", (json.dumps(entries, indent=2) + "\n").encode())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RemoteProblem(f"{url} cannot be kept in {self._folder}: {reason}", "make room for it") from error
        return kept

    def _check(self, path: Path, kept: _Kept, url: str) -> None:
        try:
            is_same = hashlib.sha256(path.read_bytes()).hexdigest() == kept.sha256
        except OSError as error:
            raise RemoteProblem(f"the copy of {url} cannot be read", f"remove {path} to fetch it again") from error
        if not is_same:
            hint = f"restore it, or remove {path} to fetch it again"
            raise RemoteProblem(f"the copy of {url} is not what was fetched", hint)


def resolve_url(base: str | None, reference: str) -> str:
    """A reference of a remote document, or an absolute one of a local."""
    return urljoin(base, reference) if base else reference


def _file_name(url: str) -> str:
    """The name of the document, and what tells it from others of that name."""
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    stem, dot, suffix = re.sub(r"[^A-Za-z0-9._-]", "-", name).strip(".-").partition(".")
    mark = hashlib.sha256(url.encode()).hexdigest()[:12]
    return f"{stem[:60] or 'document'}.{mark}.{suffix[-20:] if dot else 'yaml'}"


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _fetch(url: str, admit: Any) -> bytes:
    """The document at a URL; redirects lead to allowed hosts only."""
    deadline = time.monotonic() + MAX_SECONDS
    for _ in range(_REDIRECTS + 1):
        parts = admit(url)
        try:
            answer = _ask(parts, deadline)
            status, location = answer.status, answer.getheader("location")
            if status in (301, 302, 303, 307, 308) and location:
                url = urldefrag(urljoin(url, location)).url
                continue
            if status != 200:
                raise RemoteProblem(f"{url} was answered with {status}", "check the reference")
            return _read(answer, url, deadline)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            hint = "check the reference and the network, or copy the file beside the contract"
            raise RemoteProblem(f"{url} cannot be fetched: {str(reason).lower()}", hint) from error
    raise RemoteProblem(f"{url} was redirected more than {_REDIRECTS} times", "name the document itself")


def _ask(parts: SplitResult, deadline: float) -> http.client.HTTPResponse:
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    # Connected by the very address that was looked at: a second look-up might give another.
    sock = socket.create_connection((_address(host, port), port), timeout=_left(deadline))
    connection = http.client.HTTPConnection(host, port)
    connection.sock = sock
    if parts.scheme == "https":
        connection.sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc.rpartition("@")[2], "Accept": "application/yaml, application/json, */*;q=0.1"}
    connection.request("GET", target, headers={**headers, "Accept-Encoding": "identity", "Connection": "close"})
    return connection.getresponse()


def _address(host: str, port: int) -> str:
    """A public address of a host; another one only where it was allowed by the address itself, or as localhost."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    private = [each for each in found if not ipaddress.ip_address(each.partition("%")[0]).is_global]
    if private and host != "localhost":
        hint = "copy the file beside the contract, or allow the address itself"
        raise RemoteProblem(f"{host} is {private[0]}, which is no public address", hint)
    return found[0]


def _read(answer: http.client.HTTPResponse, url: str, deadline: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read1(_CHUNK):
        size += len(piece)
        if size > MAX_BYTES:
            message = f"{url} is larger than {MAX_BYTES // 1024 // 1024} MB"
            raise RemoteProblem(message, "refer to a smaller document")
        _left(deadline)
        pieces.append(piece)
    return b"".join(pieces)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError(f"it took longer than {MAX_SECONDS:g} s")
    return min(left, _READ_SECONDS)
