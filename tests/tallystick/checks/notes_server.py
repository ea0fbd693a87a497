"""A tiny server of notes that can be told to be wrong in one way, and its contract."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit


def token(subject: str, *scopes: str) -> str:
    """A token in the shape of a JSON web token; the server knows by heart which ones it has given out."""
    head = base64.urlsafe_b64encode(b'{"alg":"EdDSA"}').decode().rstrip("=")
    claims = json.dumps({"sub": subject, "scope": " ".join(scopes), "exp": 1})
    return f"{head}.{base64.urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.c2lnbmF0dXJlLW9mLXRoaXM"


ALICE = token("alice", "notes:read", "notes:write")
BOB = token("bob", "notes:read", "notes:write")
READER = token("alice", "notes:read")
WRITER = token("alice", "notes:write")
KNOWN = {ALICE, BOB, READER, WRITER}

_ID = {"name": "note_id", "in": "path", "required": True, "schema": {"type": "string"}}
_MATCH = {"$ref": "#/components/parameters/Match"}
_READ, _WRITE = [{"bearer": ["notes:read"]}], [{"bearer": ["notes:write"]}]
_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"type": "object"}, "example": {"text": "other"}}},
}


def _query(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]


CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "paths": {
        "/notes": {
            "get": {
                "operationId": "listNotes",
                "x-closed-query": True,
                "security": _READ,
                "parameters": _query("limit", "cursor", "colour", "sort", "made_after"),
                "responses": {status: {"description": ""} for status in ("200", "401", "406")},
            },
            "post": {
                "operationId": "createNote",
                "security": _WRITE,
                "x-idempotency": True,
                "x-max-body-bytes": 1000,
                "requestBody": _BODY,
                "responses": {"201": {"description": "made"}},
            },
        },
        "/notes/{note_id}": {
            "parameters": [_ID],
            "get": {"operationId": "getNote", "security": _READ, "responses": {"200": {"description": "it"}}},
            "put": {
                "operationId": "replaceNote",
                "security": _WRITE,
                "parameters": [_MATCH],
                "requestBody": _BODY,
                "responses": {"200": {"description": "it"}},
            },
            "delete": {
                "operationId": "deleteNote",
                "security": _WRITE,
                "parameters": [_MATCH],
                "responses": {"204": {"description": "gone"}},
            },
        },
        "/open": {"get": {"operationId": "open", "security": [], "responses": {"200": {"description": "hello"}}}},
    },
    "components": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "parameters": {"Match": {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}},
    },
}


@dataclass
class Notes:
    """The state of the server, and its faults."""

    faults: set[str] = field(default_factory=set)
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    keys: dict[str, tuple[Any, str]] = field(default_factory=dict)

    def add(self, text: str, owner: str = "alice", colour: str = "red") -> str:
        note_id = str(len(self.versions) + 1)
        made = f"2026-01-{int(note_id):02}Z"
        self.notes[note_id] = {
            "id": note_id,
            "owner": owner,
            "text": text,
            "colour": colour,
            "made": made,
            "done": False,
        }
        self.versions[note_id] = 1
        return note_id

    def etag(self, note_id: str) -> str:
        return f'"{self.versions[note_id]}"'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Notes

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""

    def do_GET(self) -> None:
        self._serve("notes:read")

    def do_POST(self) -> None:
        self._serve("notes:write")

    def do_PUT(self) -> None:
        self._serve("notes:write")

    def do_DELETE(self) -> None:
        self._serve("notes:write")

    def _serve(self, scope: str) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if length > 1000 and "size" not in self.state.faults:
            self.rfile.read(length)
            return self._answer(413)
        body = json.loads(self.rfile.read(length).strip() or b"{}") if length else None
        if self.path == "/open":
            return self._answer(200, {"hello": "you"})
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if given not in KNOWN and "forged" not in self.state.faults:
            return self._answer(401)
        claims = json.loads(base64.urlsafe_b64decode(given.split(".")[1] + "=="))
        if scope not in claims["scope"].split() and "scope" not in self.state.faults:
            return self._answer(403)
        if "json" not in self.headers.get("Accept", "*/*").replace("*/*", "json") and "media" not in self.state.faults:
            return self._answer(406)
        target = urlsplit(self.path)
        if ("nobody-asked" in target.query or "%ff" in target.query.lower()) and "open" not in self.state.faults:
            return self._answer(400)
        note_id = target.path.removeprefix("/notes").strip("/")
        if note_id:
            return self._one(note_id, claims["sub"], body)
        if self.command == "POST":
            return self._create(claims["sub"], body)
        return self._list({name: values[0] for name, values in parse_qs(target.query).items()})

    def _list(self, query: dict[str, str]) -> None:
        state, faults = self.state, self.state.faults
        found = [note for note in state.notes.values() if note["colour"] == query.get("colour", note["colour"])]
        found = [note for note in found if note["made"] >= query.get("made_after", "")]
        if "filter" in faults:
            found = list(state.notes.values())
        found.sort(key=lambda note: note["text"], reverse=query.get("sort") == "-text" and "order" not in faults)
        wanted = query.get("limit", "")
        limit, start = int(wanted) if wanted.isdecimal() else 2, int(query.get("cursor", 0))
        end = start + limit + ("limit" in faults)
        following = str(start if "loop" in faults and start else start + limit - ("overlap" in faults))
        self._answer(200, {"data": found[start:end], "next_cursor": following if end < len(found) else None})

    def _create(self, owner: str, body: Any) -> None:
        key = self.headers.get("Idempotency-Key", "")
        if key in self.state.keys and "idempotency" not in self.state.faults:
            known, note_id = self.state.keys[key]
            if known != body:
                return self._answer(409)
        else:
            note_id = self.state.add(body.get("text", ""), owner)
            self.state.keys[key] = (body, note_id)
        location = {"Location": f"/notes/{note_id}", "ETag": self.state.etag(note_id)}
        return self._answer(201, self.state.notes[note_id], location)

    def _one(self, note_id: str, caller: str, body: Any) -> None:
        state, faults = self.state, self.state.faults
        note = state.notes.get(note_id)
        if note is None or (note["owner"] != caller and "peer" not in faults):
            return self._answer(404)
        if self.command == "GET":
            return self._answer(200, note, {"ETag": state.etag(note_id)})
        if self.headers.get("If-Match") != state.etag(note_id) and "stale" not in faults:
            return self._answer(412)
        if self.command == "DELETE":
            if "undead" not in faults:
                del state.notes[note_id]
            return self._answer(204)
        changed = {**note, **body} if "ignored" not in faults else note
        if "lost" not in faults:
            state.notes[note_id] = changed
        state.versions[note_id] += 1
        return self._answer(200, changed, {"ETag": state.etag(note_id)})

    def _answer(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(state: Notes) -> Iterator[str]:
    """The URL of a server with this state, until the context ends."""
    handler = type("Handler", (_Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
