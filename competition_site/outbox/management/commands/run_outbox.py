"""manage.py run_outbox: send the mails that are due."""

from __future__ import annotations

import logging
import signal
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from competition_site.outbox import workflow

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2


class Command(BaseCommand):
    help = (
        "Send the mails that are due, once, or with --watch until it is stopped. "
        "Several may run at once. Example: manage.py run_outbox --watch"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--watch", action="store_true", help="go on until SIGTERM or Ctrl-C"
        )
        parser.add_argument(
            "--interval",
            type=float,
            default=1.0,
            metavar="SECONDS",
            help="pause between two looks while watching (default: 1)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["watch"]:
            self._watch(options["interval"])
        else:
            sent = workflow.send_due()
            self.stdout.write(f"{sent} sent")

    def _watch(self, interval: float) -> None:
        self.stop_wanted = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._want_stop)
        while not self.stop_wanted:
            try:
                workflow.send_due()
            except Exception:  # the database may be away; the next look may find it
                logger.exception("outbox: looking for mail failed")
                close_old_connections()
            self._pause(interval)

    def _want_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop_wanted = True

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self.stop_wanted and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
