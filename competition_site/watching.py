"""A command that goes on until it is stopped."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from types import FrameType

from django.db import close_old_connections

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2


class Watch:
    """Calls a function again and again, until SIGTERM or Ctrl-C.

    The running call ends in peace. What it raises is logged and the next call comes all
    the same: the database may be away, and be back by then.
    """

    def __init__(self) -> None:
        self.stop_wanted = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._want_stop)

    def call(self, function: Callable[[], object], *, every: float) -> None:
        """Call ``function``, with a pause of ``every`` seconds between two calls."""
        while not self.stop_wanted:
            try:
                function()
            except Exception:
                logger.exception("watch: a call failed")
                close_old_connections()
            self._pause(every)

    def _want_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop_wanted = True

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self.stop_wanted and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
