"""manage.py run_outbox: send the mails that are due."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from competition_site.outbox import workflow
from competition_site.watching import Watch


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
            Watch().call(workflow.send_due, every=options["interval"])
        else:
            sent = workflow.send_due()
            self.stdout.write(f"{sent} sent")
