"""Who lost a race waits for their turn within the process; nobody else waits."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

import pytest

from competition_site.db import transactions
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
    with transactions.Turn("busy", until=time.monotonic() + 5) as turn:
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


def test_nobody_waits_longer_than_the_longest_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transactions, "LONGEST_RUN", 0.05)
    done: list[Any] = []

    def newcomer() -> None:
        retried(lambda: done.append(None), name="slow")

    with transactions.Turn("slow", until=time.monotonic() + 5) as turn:
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
