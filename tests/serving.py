"""Real servers for tests: gunicorn with several processes over the tests' rows."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.mongod import free_port
from tests.server.test_gunicorn import ROOT, wait_until_listening

CLIENTS = 32
STOP_SECONDS = 40  # gunicorn lets running requests end within 30


class Answer(NamedTuple):
    """What came back over the socket."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


class Server:
    """The API on a port of the loopback interface."""

    def __init__(self, port: int) -> None:
        self.port = port

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Content-Type"] = "application/json"
        try:
            connection.request("POST", f"/api/v1{path}", json.dumps(body), named)
            response = connection.getresponse()
            received = dict(response.getheaders())
            return Answer(response.status, received, json.loads(response.read()))
        finally:
            connection.close()

    def post_at_once(
        self, path: str, bodies: Iterable[tuple[Any, dict[str, str]]]
    ) -> list[Answer]:
        """Send many bodies, each with its headers, from many clients in parallel."""
        with ThreadPoolExecutor(CLIENTS) as clients:
            sent = [
                clients.submit(self.post, path, body, **headers)
                for body, headers in bodies
            ]
        return [answer.result() for answer in sent]


@contextmanager
def served(log: Path, *, workers: int = 2, **environment: str) -> Iterator[Server]:
    """Serve the tests' database by ``workers`` processes."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c"]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, "python:competition_site.gunicorn"],
            cwd=ROOT,
            env=os.environ
            | {"PORT": str(port), "WEB_CONCURRENCY": str(workers), **environment},
            stderr=stderr,
        )
        try:
            wait_until_listening(port, process)
            yield Server(port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=STOP_SECONDS)
