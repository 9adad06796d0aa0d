"""Lines: on one machine, who lost a race for a row waits for their turn.

The database decides every race; a line only spares it attempts that are bound to lose.
MongoDB aborts a transaction whose row another one has changed, with all that it has
done so far, so that a crowd after one row (the last places, say) does its work many
times over. Who has lost once therefore stands in line for the next attempts, and who
comes while somebody stands there joins at its end; where nobody loses, nobody waits.

The threads of a process wait for each other; so do the processes that were forked after
:func:`share`, the workers of one server, each sending the first of its line.
"""

from __future__ import annotations

import fcntl
import hashlib
import random
import tempfile
import threading
import time
from collections import deque
from types import TracebackType
from typing import IO, Self

_POLL_SECONDS = 0.002
_shared: IO[bytes] | None = None


def share() -> None:
    """Let this process and all that it will fork stand in common lines."""
    global _shared  # noqa: PLW0603 - inherited by fork: that is the point
    _shared = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the processes live


class _Gate:
    """The place of one line among processes: locks on two bytes of a nameless file.

    The kernel takes them off a process that dies. Whoever comes next holds the door
    while somebody is in the room: who has just left can't be back in before them.
    """

    def __init__(self, name: str) -> None:
        digest = hashlib.blake2b(name.encode(), digest_size=4).digest()
        self._door = 2 * int.from_bytes(digest, "big")
        self._room = self._door + 1

    def enter(self, until: float) -> bool:
        """Wait for the room until ``time.monotonic()`` is ``until``."""
        if _shared is None:
            return True
        if not _locked(_shared, self._door, until):
            return False
        try:
            return _locked(_shared, self._room, until)
        finally:
            _unlock(_shared, self._door)

    def leave(self) -> None:
        """Leave the room."""
        if _shared is not None:
            _unlock(_shared, self._room)


def _locked(file: IO[bytes], byte: int, until: float) -> bool:
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):  # another process has it
            if time.monotonic() >= until:
                return False
            time.sleep(random.uniform(0.25, 1) * _POLL_SECONDS)  # noqa: S311 - jitter
        else:
            return True


def _unlock(file: IO[bytes], byte: int) -> None:
    fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)


class _Waiting:
    """A thread in a line, asleep until its turn."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.called = threading.Event()


class Line:
    """Those who want the same rows, one at a time.

    First come, first served: a plain lock goes to whoever is awake, which starves a few
    of a crowd while most of it passes them by.
    """

    def __init__(self, name: str = "") -> None:
        self._gate = _Gate(name)
        self._order = threading.Lock()
        self._standing: deque[_Waiting] = deque()
        self._holder: int | None = None
        self._depth = 0  # a block may hold another of its name

    @property
    def is_busy(self) -> bool:
        """Whether anybody has a turn; whoever waits waits for their end."""
        return self._holder is not None

    def enter(self, until: float) -> bool:
        """Wait for a turn until ``time.monotonic()`` is ``until``; false if in vain."""
        me = _Waiting()
        with self._order:
            if self._holder == me.thread:
                self._depth += 1
                return True
            if self._holder is None:
                self._give_turn(me)
            else:
                self._standing.append(me)
        if not self._is_first(me, until):
            return False
        if self._gate.enter(until):
            return True
        self._pass_on()
        return False

    def _is_first(self, me: _Waiting, until: float) -> bool:
        if me.called.wait(timeout=max(0.0, until - time.monotonic())):
            return True
        with self._order:  # the turn may have come since the time was up
            if me in self._standing:
                self._standing.remove(me)
        return me.called.is_set()

    def leave(self) -> None:
        """End a turn: the one who stands in line longest has the next."""
        if self._depth > 1:  # only the holder's own thread changes it
            self._depth -= 1
            return
        self._gate.leave()
        self._pass_on()

    def _pass_on(self) -> None:
        with self._order:
            self._holder, self._depth = None, 0
            if self._standing:
                self._give_turn(self._standing.popleft())

    def _give_turn(self, waiting: _Waiting) -> None:
        self._holder, self._depth = waiting.thread, 1
        waiting.called.set()


class Turn:
    """One's turn in a line: taken when it is needed, over at the end of the block."""

    def __init__(self, name: str, *, until: float) -> None:
        self.line = _lines[name]
        self.until = until
        self.is_mine = False

    def take(self) -> bool:
        """Wait for it, at most until ``time.monotonic()`` is ``until``."""
        self.is_mine = self.is_mine or self.line.enter(self.until)
        return self.is_mine

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.is_mine:
            self.line.leave()


class _Lines(dict[str, Line]):
    """By what their blocks are named: as many as there are verbs, so they may stay."""

    def __missing__(self, name: str) -> Line:
        return self.setdefault(name, Line(name))


_lines = _Lines()
