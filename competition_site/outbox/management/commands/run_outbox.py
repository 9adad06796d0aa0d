"""manage.py run_outbox: send the mails that are due."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from competition_site.outbox import workflow

logger = logging.getLogger(__name__)


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
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            try:
                workflow.send_due()
            except (
                Exception
            ):  # the database may be away for a while; the next look may work
                logger.exception("outbox: looking for mail failed")
                close_old_connections()
            stop.wait(interval)
