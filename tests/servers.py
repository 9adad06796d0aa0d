"""Starts the real server for tests: gunicorn in its production configuration.

A server listens on a free port, inherits the run's database from ``os.environ`` and
writes its log to a file, which a failing test shows. A conftest.py takes part with
``from tests.servers import *``.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

__all__ = ["pytest_runtest_makereport", "start_server"]

ROOT = Path(__file__).resolve().parents[1]
MANAGE = (sys.executable, "manage.py")
GUNICORN = (sys.executable, "-m", "gunicorn", "-c", "python:competition_site.gunicorn")
START_SECONDS = 30
LOG_LINES = 120
NO_LIMITS = {
    f"THROTTLE_{scope}": "1000000/1m"
    for scope in (
        "LOGIN",
        "LOGIN_ACCOUNT",
        "LOGIN_ADDRESS",
        "REGISTER_ADDRESS",
        "MAIL_ACCOUNT",
        "WRITE_USER",
        "READ_ADDRESS",
    )
}
"""The environment of a server that a test may ask as often as it likes."""

StartServer = Callable[..., "Server"]

_running: list[Server] = []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 10) -> None:
    """Wait until ``condition`` holds; fails the test when it doesn't in time."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up_at:
            pytest.fail(f"waited {seconds} s in vain until {what}")
        time.sleep(0.02)


@dataclass
class Server:
    """One gunicorn with its workers."""

    log_path: Path
    application: str = "competition_site.wsgi:application"
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the processes and wait until the server answers."""
        environment = os.environ | {"PORT": str(self.port)} | self.environment
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [*GUNICORN, self.application],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches the tests, which then stop the server in order.
                start_new_session=True,
            )
        try:
            wait_for(self._answers, "a server answers", START_SECONDS)
        except BaseException:
            self.stop()
            raise
        _running.append(self)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"gunicorn ended:\n{self.log()}"
        try:
            return requests.get(f"{self.url}/health/live", timeout=5).ok
        except (requests.ConnectionError, requests.Timeout):
            return False

    def workers(self) -> set[int]:
        """The ids of the worker processes that run now."""
        assert self.process is not None
        table = subprocess.run(
            ["ps", "-eo", "pid=,ppid=,stat="],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        rows = [line.split() for line in table.splitlines()]
        arbiter = str(self.process.pid)
        return {int(p) for p, parent, s in rows if parent == arbiter and s[0] != "Z"}

    def kill_worker(self, worker: int) -> None:
        """End a worker as the kernel does when memory runs out."""
        assert worker in self.workers()
        os.kill(worker, signal.SIGKILL)

    def ask_to_stop(self) -> None:
        """Tell the arbiter to end its workers and itself; ``stop`` waits for it."""
        if self in _running:
            _running.remove(self)
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)

    def stop(self) -> None:
        self.ask_to_stop()
        if self.process is None:
            return
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def log(self) -> str:
        """The end of what the server wrote."""
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES:])


@pytest.fixture(scope="package")
def start_server(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None
) -> Iterator[StartServer]:
    """``start_server(application, WEB_CONCURRENCY="2")``: a server and its environment.

    It lives as long as the tests of the folder run.
    """
    started: list[Server] = []

    def start(application: str | None = None, **environment: str) -> Server:
        log_path = tmp_path_factory.mktemp("server") / "log"
        server = Server(log_path, environment=environment)
        if application is not None:
            server.application = application
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.ask_to_stop()  # all at once: each takes its second
    for server in started:
        server.stop()


def run_command(*arguments: str, **environment: str) -> str:
    """Run ``manage.py`` as a process of its own; returns what it wrote."""
    finished = subprocess.run(
        [*MANAGE, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


@contextmanager
def running_command(*arguments: str, **environment: str) -> Iterator[None]:
    """``manage.py`` in the background; asked to stop at the end, it must obey."""
    with subprocess.Popen(
        [*MANAGE, *arguments], cwd=ROOT, env=os.environ | environment
    ) as process:
        try:
            yield
            assert process.poll() is None, f"{arguments} ended by itself"
        finally:
            process.terminate()
            code = process.wait(timeout=20)
    assert code == 0, f"{arguments} ended with {code}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Show with a failure what the servers that still run have logged."""
    report = yield
    if report.failed:
        report.sections += [(f"log of {s.url}", s.log()) for s in _running]
    return report
