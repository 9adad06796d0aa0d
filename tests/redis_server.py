"""Starts private Redis servers for tests, on free ports of the loopback interface."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field

import pytest
import redis

from tests.mongod import free_port, stop_at_exit

START_SECONDS = 10
NO_REDIS = "no redis-server: install Debian's package, or set REDIS_SERVER_BIN"


def find_redis_server() -> str | None:
    """Return the server binary: ``REDIS_SERVER_BIN`` or the one on ``PATH``."""
    return os.environ.get("REDIS_SERVER_BIN") or shutil.which("redis-server")


@dataclass
class RedisServer:
    """One server that keeps nothing; ``start`` again after ``stop``."""

    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=2)

    def start(self) -> None:
        """Start the process and wait until it answers."""
        if self.process is not None:
            return
        options = {
            "--port": str(self.port),
            "--bind": "127.0.0.1",
            "--save": "",
            "--appendonly": "no",
        }
        words = [word for pair in options.items() for word in pair]
        self.process = subprocess.Popen(
            [str(find_redis_server()), *words],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def flush(self) -> None:
        with self.client() as client:
            client.flushall()

    def pause(self) -> None:
        """Let the process hang, as a lost network does; ``resume`` wakes it."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(START_SECONDS)
            self.process = None


def started_redis() -> RedisServer:
    """A running server; without one a test fails in CI and is skipped elsewhere."""
    if find_redis_server() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_REDIS)
        pytest.skip(NO_REDIS)
    server = RedisServer()
    stop_at_exit(server.stop)
    server.start()
    return server
