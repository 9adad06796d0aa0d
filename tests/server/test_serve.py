"""The supervisor of ``make run``: the API and the outbox end together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.test_gunicorn import ROOT, free_port

LONG = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = ["sh", "-c", "trap '' TERM; sleep 60"]
FAILING = [sys.executable, "-c", "import sys; sys.exit(3)"]
PARENT = ["sh", "-c", "sleep 60 & wait"]

PROGRAM = """
import sys
from pathlib import Path
from scripts import serve
serve.COMMANDS = {commands!r}
serve.STOP_SECONDS = 1
start = serve.Servers.__init__
def start_and_tell(self):
    start(self)
    pids = "\\n".join(str(child.pid) for child in self.children.values())
    Path({pids!r}).write_text(pids)
serve.Servers.__init__ = start_and_tell
sys.exit(serve.main())
"""


class Served:
    """The supervisor over some commands, and the sessions that it started."""

    def __init__(self, pids: Path, commands: dict[str, list[str]]) -> None:
        self.pids = pids
        program = PROGRAM.format(commands=commands, pids=str(pids))
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=os.environ | {"PORT": str(free_port())},
            stdout=subprocess.PIPE,
            text=True,
        )

    def sessions(self) -> list[int]:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.pids.exists() and (text := self.pids.read_text()):
                return [int(line) for line in text.splitlines()]
            time.sleep(0.02)
        pytest.fail("the supervisor started nothing")

    def wait(self) -> tuple[int, str]:
        output, _ = self.process.communicate(timeout=20)
        return self.process.returncode, output


def is_gone(session: int) -> bool:
    """Whether no process of the session runs; a dead one may await its burial."""
    table = subprocess.run(
        ["ps", "-eo", "sess=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in table.splitlines()]
    return not any(row[0] == str(session) and row[1][0] != "Z" for row in rows)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator:
    started = []

    def start(**commands: list[str]) -> Served:
        started.append(Served(tmp_path / "pids", commands))
        return started[-1]

    yield start
    for served in started:
        served.process.kill()
        served.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_in_order(serve, number: signal.Signals) -> None:
    served = serve(API=LONG, outbox=PARENT)
    sessions = served.sessions()
    served.process.send_signal(number)
    assert served.wait()[0] == 0
    assert all(map(is_gone, sessions))


@pytest.mark.parametrize("failing", ["API", "outbox"])
def test_when_one_ends_by_itself_the_other_ends_too(serve, failing: str) -> None:
    served = serve(**{"API": LONG, "outbox": LONG, failing: FAILING})
    sessions = served.sessions()
    code, output = served.wait()
    assert code == 1
    assert f"The {failing} ended by itself with code 3" in output
    assert all(map(is_gone, sessions))


def test_one_that_does_not_listen_is_killed(serve) -> None:
    served = serve(API=STUBBORN, outbox=LONG)
    sessions = served.sessions()
    time.sleep(0.5)  # until it ignores SIGTERM
    served.process.send_signal(signal.SIGTERM)
    code, output = served.wait()
    assert (code, "Killed after 1 s: the API." in output) == (0, True)
    assert all(map(is_gone, sessions))
