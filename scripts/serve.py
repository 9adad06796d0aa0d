"""Runs the API, the outbox and scheduled tasks until one of them or the caller ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType

from competition_site.gunicorn import port

COMMANDS = {
    "API": [sys.executable, "-m", "gunicorn", "-c", "python:competition_site.gunicorn"],
    "outbox": [sys.executable, "manage.py", "run_outbox", "--watch"],
    "tick": [sys.executable, "manage.py", "tick", "--watch"],
}
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_SECONDS = 35  # gunicorn lets running requests end within 30
LOOK_SECONDS = 0.2


class Servers:
    """The running commands, each in a session of its own: Ctrl-C reaches only us."""

    def __init__(self) -> None:
        self.stop_wanted = False
        for number in STOP_SIGNALS:
            signal.signal(number, self._want_stop)
        self.children = {
            name: subprocess.Popen(command, start_new_session=True)
            for name, command in COMMANDS.items()
        }

    def _want_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop_wanted = True

    def first_to_end(self) -> str | None:
        """Wait for a wish to stop (None) or for a child to end by itself (its name)."""
        announced = False
        while not self.stop_wanted:
            for name, child in self.children.items():
                if child.poll() is not None:
                    return name
            if not announced and accepts_connections():
                announced = True
                announce()
            time.sleep(LOOK_SECONDS)
        return None

    def stop(self) -> None:
        """End every child with all that it started: gently first, then for certain."""
        for child in self.children.values():
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for name, child in self.children.items():
            try:
                child.wait(timeout=max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(f"Killed after {STOP_SECONDS} s: the {name}.", flush=True)
            kill_session(child.pid)
            child.wait()


def kill_session(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return  # nothing is left of it


def accepts_connections() -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def announce() -> None:
    origin = f"http://127.0.0.1:{port}"
    lines = (
        "",
        f"API    {origin}/api/v1/",
        f"Admin  {origin}/admin/",
        f"Health {origin}/health/ready",
        "Ctrl-C ends it.",
        "",
    )
    print(*lines, sep="\n", flush=True)


def main() -> int:
    """Return 0 after a wish to stop, 1 when a child ended by itself."""
    if accepts_connections():
        print(f"Port {port} is taken. Choose another one: make run PORT={port + 1}")
        return 1
    servers = Servers()
    try:
        ended = servers.first_to_end()
    finally:
        servers.stop()
    if ended is None:
        return 0
    code = servers.children[ended].returncode
    print(f"The {ended} ended by itself with code {code}: all is stopped.", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
