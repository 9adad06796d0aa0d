"""Who lost a race waits for their turn within the process; nobody else waits."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import re
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from competition_site.db import lines, transactions
from competition_site.db.lines import Line
from competition_site.db.transactions import Conflict, TooManyConflicts, retried
from tests.racing import race

pytestmark = pytest.mark.django_db

CROWD = 6


class Row:
    """Stands for a row that everybody wants; counts who is at it at once."""

    def __init__(self) -> None:
        self.everybody = threading.Barrier(CROWD)
        self.seen: dict[int, int] = {}
        self.now = self.most = 0
        self.lock = threading.Lock()

    def change(self) -> None:
        """The first attempt of each thread is lost, the others take a while."""
        me = threading.get_ident()
        with self.lock:
            self.seen[me] = self.seen.get(me, 0) + 1
        if self.seen[me] == 1:
            self.everybody.wait()
            raise Conflict
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self.lock:
            self.now -= 1


def test_losers_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "_pause_after", lambda _attempt: 0.0)
    row = Row()
    race(*[partial(retried, row.change, name="turns")] * CROWD)
    assert row.most == 1
    assert set(row.seen.values()) == {2}


def test_control_with_lines_of_their_own_they_are_at_it_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transactions, "_pause_after", lambda _attempt: 0.0)
    row = Row()
    race(*[partial(retried, row.change, name=f"own {n}") for n in range(CROWD)])
    assert row.most > 1


def test_who_comes_while_somebody_stands_in_line_joins_it() -> None:
    with transactions.Turn("busy", until=soon()) as turn:
        assert turn.take()
        begun: list[float] = []
        newcomer = threading.Thread(
            target=retried,
            args=(lambda: begun.append(time.monotonic()),),
            kwargs={"name": "busy"},
        )
        newcomer.start()
        time.sleep(0.1)
        assert not begun
        left = time.monotonic()
    newcomer.join()
    assert begun[0] >= left


def soon(seconds: float = 5) -> float:
    return time.monotonic() + seconds


def test_first_come_first_served() -> None:
    line, served, standing = Line(), [], []

    def stand(number: int) -> None:
        assert line.enter(soon())
        served.append(number)
        line.leave()

    assert line.enter(0)
    for number in range(20):
        standing.append(threading.Thread(target=stand, args=(number,)))
        standing[-1].start()
        while len(line._standing) <= number:
            time.sleep(0.001)
    line.leave()
    for thread in standing:
        thread.join()
    assert served == list(range(20))
    assert not line.is_busy


def test_who_gives_up_leaves_the_others_their_order() -> None:
    line, served = Line(), []
    assert line.enter(0)
    patient = threading.Thread(
        target=lambda: (line.enter(soon()), served.append("patient"), line.leave())
    )
    (given_up,) = race(lambda: line.enter(soon(0.01)))
    assert given_up is False
    patient.start()
    while not line._standing:
        time.sleep(0.001)
    line.leave()
    patient.join()
    assert served == ["patient"]
    assert not line.is_busy


def test_nobody_waits_longer_than_the_longest_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transactions, "LONGEST_RUN", 0.05)
    done: list[Any] = []

    def newcomer() -> None:
        retried(lambda: done.append(None), name="slow")

    with transactions.Turn("slow", until=soon()) as turn:
        assert turn.take()
        (refused,) = race(newcomer)
    assert isinstance(refused, TooManyConflicts)
    assert not done
    newcomer()
    assert done


def test_a_line_is_left_whatever_the_block_raises() -> None:
    def fails() -> None:
        raise Conflict if not attempts.append(None) and len(attempts) == 1 else KeyError

    attempts: list[None] = []
    with pytest.raises(KeyError):
        retried(fails, name="failing")
    assert not transactions.Turn("failing", until=0).line.is_busy


def test_a_block_may_stand_around_another_of_its_name() -> None:
    tried: list[str] = []

    def inner() -> None:
        tried.append("inner")
        if tried.count("inner") < 3:
            raise Conflict

    def outer() -> None:
        tried.append("outer")
        if tried.count("outer") < 2:
            raise Conflict
        retried(inner, name="nested")

    retried(outer, name="nested")
    assert tried == ["outer", "outer", "inner", "inner", "inner"]


TURNS, PROCESSES = 15, 3


def take_turns(log: Path, name: str) -> None:
    """A process of its own: some turns, each written down as it begins and ends."""
    for _ in range(TURNS):
        with transactions.Turn(name, until=soon(20)) as turn:
            assert turn.take()
            with log.open("a") as file:
                file.write(f"{os.getpid()} ")
                file.flush()
                time.sleep(0.003)
                file.write("done\n")


def turns_of_processes(log: Path, name: str) -> list[str]:
    fork = multiprocessing.get_context("fork")
    arguments = (log, name)
    processes = [
        fork.Process(target=take_turns, args=arguments) for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    return log.read_text().splitlines()


@pytest.fixture
def _common_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lines, "_shared", None)
    lines.share()
    yield
    assert lines._shared is not None
    lines._shared.close()


@pytest.mark.usefixtures("_common_lines")
def test_processes_take_turns_and_none_overtakes_the_others(tmp_path: Path) -> None:
    rows = turns_of_processes(tmp_path / "log", "processes")
    assert len(rows) == TURNS * PROCESSES
    assert all(re.fullmatch(r"\d+ done", row) for row in rows)
    together = rows[rows.index(rows[-1]) : -1]  # once the last one had begun
    runs = [len(list(run)) for _, run in itertools.groupby(together[:TURNS])]
    assert max(runs) <= 2


def test_control_without_common_lines_they_meet(tmp_path: Path) -> None:
    rows = turns_of_processes(tmp_path / "log", "apart")
    assert not all(re.fullmatch(r"\d+ done", row) for row in rows)


@pytest.mark.usefixtures("_common_lines")
def test_a_process_that_dies_leaves_its_line() -> None:
    fork = multiprocessing.get_context("fork")
    taken = fork.Event()

    def dies() -> None:
        Line("dying").enter(soon())
        taken.set()
        time.sleep(60)

    process = fork.Process(target=dies)
    process.start()
    assert taken.wait(10)
    line = Line("dying")
    assert not line.enter(soon(0.05))
    assert not line.is_busy
    process.kill()
    assert line.enter(soon())
    line.leave()
