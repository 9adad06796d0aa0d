"""How far a long command is: a line on stderr every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

EVERY = 5.0
"""Seconds between two lines."""


class Progress:
    """Counts what is done out of ``total``; says rate and time left while it goes on.

    A command that ends within ``every`` seconds says nothing.
    """

    def __init__(
        self,
        stream: Any,
        *,
        total: int,
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._total = stream, total
        self._every, self._clock = every, clock
        self._started = self._told = clock()
        self.done = 0

    def step(self, count: int = 1) -> None:
        """``count`` more are done."""
        self.done += count
        at = self._clock()
        if at - self._told >= self._every:
            self._told = at
            self._stream.write(self._line(at - self._started))
            self._stream.flush()

    @property
    def seconds(self) -> float:
        return round(self._clock() - self._started, 1)

    def _line(self, seconds: float) -> str:
        rate = self.done / seconds
        left = max(self._total - self.done, 0) / rate if rate else 0
        share = 100 * self.done // max(self._total, 1)
        return (
            f"{self.done} of {self._total} ({share} %), "
            f"{rate:.0f} a second, {left / 60:.0f} min left\n"
        )
