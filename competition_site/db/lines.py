"""Lines: within a process, who lost a race for a row waits for their turn.

The database decides every race; a line only spares it attempts that are bound to lose.
MongoDB aborts a transaction whose row another one has changed, with all that it has
done so far, so that a crowd after one row (the last places, say) does its work many
times over. Who has lost once therefore stands in line for the next attempts, and who
comes while somebody stands there joins at its end; where nobody loses, nobody waits.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from types import TracebackType
from typing import Self


class Line:
    """The threads of this process that want the same rows, one at a time."""

    def __init__(self) -> None:
        self._turn = threading.RLock()  # a block may hold another of its name
        self._count = threading.Lock()
        self._standing = 0

    @property
    def is_busy(self) -> bool:
        """Whether anybody has a turn or waits for one."""
        return self._standing > 0

    def enter(self, seconds: float) -> bool:
        """Wait at most ``seconds`` for a turn; false where it didn't come."""
        self._stands(+1)
        if self._turn.acquire(timeout=max(0.0, seconds)):
            return True
        self._stands(-1)
        return False

    def leave(self) -> None:
        """End a turn."""
        self._stands(-1)
        self._turn.release()

    def _stands(self, more: int) -> None:
        with self._count:
            self._standing += more


class Turn:
    """One's turn in a line: taken when it is needed, over at the end of the block."""

    def __init__(self, name: str, *, until: float) -> None:
        self.line = _lines[name]
        self.until = until
        self.is_mine = False

    def take(self) -> bool:
        """Wait for it, at most until ``time.monotonic()`` is ``until``."""
        self.is_mine = self.is_mine or self.line.enter(self.until - time.monotonic())
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


_lines: defaultdict[str, Line] = defaultdict(Line)
"""By what their blocks are named: as many as there are verbs, so they may stay."""
