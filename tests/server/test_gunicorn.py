"""A real gunicorn over a socket: what it refuses itself is in the envelope."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def envelope(self) -> dict[str, Any]:
        return json.loads(self.body)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_listening(port: int, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, "gunicorn ended while starting"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("gunicorn did not listen in time")


@pytest.fixture(scope="module")
def log_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gunicorn") / "log"


@pytest.fixture(scope="module")
def port(log_path: Path) -> Iterator[int]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:competition_site.gunicorn",
    ]
    environment = os.environ | {
        "ENV_FILE": os.devnull,
        "ENVIRONMENT": "production",
        "PORT": str(port),
    }
    with log_path.open("wb") as log:
        server = subprocess.Popen(
            [*command, "tests.server.faulty:application"],
            cwd=ROOT,
            env=environment,
            stderr=log,
        )
        try:
            wait_until_listening(port, server)
            yield port
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=START_SECONDS)


def exchange(port: int, sent: bytes) -> Answer:
    """Send raw bytes and read the answer until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    status_line, _, header_lines = head.decode("ascii").partition("\r\n")
    headers = {
        name.lower(): value for name, value in Parser().parsestr(header_lines).items()
    }
    return Answer(int(status_line.split()[1]), headers, body)


def request(target: str = "/", *headers: str, method: str = "GET") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


TOO_LONG_LINE = request("/" + "a" * 5000)
TOO_MANY_HEADERS = request("/", *[f"X-{number}: 1" for number in range(100)])
TOO_LARGE_HEADER = request("/", "X-Large: " + "a" * 9000)
BAD_CHUNKS = request("/reads", "Transfer-Encoding: chunked", method="POST") + b"zz\r\nx"

REFUSED = [
    pytest.param(
        b"\x16\x03\x01\x02\x00\r\n\r\n", 400, "validation_error", id="tls hello"
    ),
    pytest.param(b"GET\r\n\r\n", 400, "validation_error", id="half a request line"),
    pytest.param(b"GET / HTTP/9.9\r\n\r\n", 400, "validation_error", id="version"),
    pytest.param(b"get / HTTP/1.1\r\n\r\n", 400, "validation_error", id="method"),
    pytest.param(
        request("/", "Bad Name: 1"), 400, "validation_error", id="header name"
    ),
    pytest.param(
        request("/", "X: a\x00b"), 400, "validation_error", id="NUL in a header"
    ),
    pytest.param(
        request("/", "Content-Length: ten"), 400, "validation_error", id="length"
    ),
    pytest.param(
        request("/", "Content-Length: 1", "Transfer-Encoding: chunked", method="POST"),
        400,
        "validation_error",
        id="two lengths",
    ),
    pytest.param(
        request("/", "Transfer-Encoding: magic", method="POST"),
        400,
        "validation_error",
        id="unknown transfer coding",
    ),
    pytest.param(
        request("/", "Expect: a miracle"), 400, "validation_error", id="expectation"
    ),
    pytest.param(BAD_CHUNKS, 400, "validation_error", id="chunk size"),
    pytest.param(TOO_LONG_LINE, 414, "payload_too_large", id="request line"),
    pytest.param(TOO_MANY_HEADERS, 431, "payload_too_large", id="number of headers"),
    pytest.param(TOO_LARGE_HEADER, 431, "payload_too_large", id="size of a header"),
    pytest.param(request("/raises"), 500, "server_error", id="application raises"),
    pytest.param(
        request("/bad-header"), 500, "server_error", id="application's header"
    ),
]


@pytest.mark.parametrize(("sent", "status", "code"), REFUSED)
def test_refusals_below_django_are_in_the_envelope(
    port: int, sent: bytes, status: int, code: str
) -> None:
    answer = exchange(port, sent)
    assert answer.status == status
    assert answer.envelope.keys() == {"success", "data", "message"}
    assert answer.envelope["success"] is False
    assert answer.envelope["data"] == {"code": code, "errors": {}}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["connection"] == "close"
    assert int(answer.headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize(("sent", "status", "code"), REFUSED)
def test_refusals_below_django_carry_the_security_headers(
    port: int, sent: bytes, status: int, code: str
) -> None:
    headers = exchange(port, sent).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert (
        headers["content-security-policy"]
        == "default-src 'none'; frame-ancestors 'none'"
    )
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "private, no-store"
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert "server" not in headers


def test_an_answer_of_the_application_names_no_software(port: int) -> None:
    answer = exchange(port, request("/"))
    assert (answer.status, answer.body) == (200, b"ok")
    assert "server" not in answer.headers


def test_a_refusal_keeps_a_sane_request_id_of_the_client(port: int) -> None:
    answer = exchange(port, request("/raises", "X-Request-ID: trace-42"))
    assert answer.headers["x-request-id"] == "trace-42"
    assert "trace-42" in answer.envelope["message"]


def test_a_refusal_replaces_an_insane_request_id(port: int) -> None:
    answer = exchange(port, request("/raises", 'X-Request-ID: "><script>'))
    assert len(answer.headers["x-request-id"]) == 32
    assert "script" not in answer.envelope["message"]


def test_a_failure_tells_the_person_the_id_and_the_log_the_reason(
    port: int, log_path: Path
) -> None:
    answer = exchange(port, request("/raises"))
    request_id = answer.headers["x-request-id"]
    assert b"secret detail" not in answer.body
    lines = [json.loads(line) for line in log_path.read_text().splitlines()]
    [line] = [line for line in lines if line.get("request_id") == request_id]
    assert "secret detail" in line["exception"]
    assert line["status"] == 500


def test_a_refused_head_request_gets_no_body(port: int) -> None:
    answer = exchange(port, request("/raises", method="HEAD"))
    assert answer.status == 500
    assert answer.body == b""


def test_a_malformed_body_that_nobody_read_adds_no_second_answer(port: int) -> None:
    sent = request("/", "Transfer-Encoding: chunked", method="POST") + b"zz\r\nx"
    answer = exchange(port, sent)
    assert (answer.status, answer.body) == (200, b"ok")


@pytest.mark.parametrize("header", ["SCRIPT_NAME: /raises", "PATH_INFO: /raises"])
def test_a_client_cannot_move_the_path_with_a_proxy_header(
    port: int, header: str
) -> None:
    assert exchange(port, request("/", header)).status == 200
