"""What is answered before the application sees a request, over a raw socket."""

import json
import socket
import time

from app.server.protocol import MAX_HEAD_BYTES
from tests.support.server import RunningServer


def exchange(server: RunningServer, *pieces: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to these bytes, when the server has closed the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except OSError:
                break
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionResetError:
            pass
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


def test_what_is_no_http_gets_a_problem_and_the_connection_closed(server: RunningServer) -> None:
    status, headers, body = exchange(server, b"nonsense\r\n\r\n")
    assert (status, headers["connection"], headers["content-type"]) == (400, "close", "application/problem+json")
    assert json.loads(body)["request_id"] == headers["x-request-id"]


def test_a_head_without_end_is_refused_before_it_fills_the_memory(server: RunningServer) -> None:
    lines = [b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(200)]
    status, _, body = exchange(server, b"GET /health HTTP/1.1\r\nHost: localhost\r\n", *lines)
    assert status == 431
    assert json.loads(body)["type"] == "/problems/header-fields-too-large"


def test_one_endless_header_line_is_refused_too(server: RunningServer) -> None:
    status, _, _ = exchange(server, b"GET /health HTTP/1.1\r\nX: ", *[b"a" * 8192] * (MAX_HEAD_BYTES // 8192 + 8))
    assert status == 431


def test_a_large_body_is_no_large_head(server: RunningServer) -> None:
    body = b"x" * 4 * MAX_HEAD_BYTES
    head = b"POST /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert exchange(server, head + body)[0] == 405


def test_many_requests_on_one_connection_are_counted_one_by_one(server: RunningServer) -> None:
    one = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n" % (b"a" * 4000)
    last = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    status, _, body = exchange(server, *[one] * (MAX_HEAD_BYTES // 4000 + 5), last)
    assert status == 200
    assert body.count(b'{"status":"alive"}') == MAX_HEAD_BYTES // 4000 + 6


def test_the_end_of_a_large_body_is_no_large_head_either(server: RunningServer) -> None:
    """Counted as the next request's head, it would close the connection before the answer was sent."""
    body = b"x" * (4 * MAX_HEAD_BYTES)
    head = b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
    last = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    # How much arrives at once is up to the system: some of these end with more than a head may have.
    status, _, rest = exchange(server, *[head, body] * 20, last)
    assert status == 405
    assert rest.endswith(b'{"status":"alive"}')


def test_a_refused_body_does_not_cost_the_client_the_answer(server: RunningServer) -> None:
    """The server closes while the client still sends: without care the connection is reset and the answer lost."""
    head = b"POST /api/v1/auth/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head)
        for _ in range(10):
            connection.sendall(b"x" * 20_000)
            time.sleep(0.01)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")
