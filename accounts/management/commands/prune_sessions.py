"""manage.py prune_sessions: delete what ended long ago."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError

from accounts import workflow
from accounts.management.account_command import AccountCommand
from competition_site.clock import now


class Command(AccountCommand):
    help = (
        "Delete sessions, mail tokens and idempotency keys that ran out more than some "
        "days ago, in batches; meant for every night. Example: manage.py "
        "prune_sessions --before 30"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--before",
            type=int,
            default=7,
            metavar="DAYS",
            help="how long ago they ran out, in days (default: 7)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="count, and delete nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["before"] <= 36_500:
            msg = "--before is a number of days, 0 or more."
            raise CommandError(msg)
        before = now() - timedelta(days=options["before"])
        if options["dry_run"]:
            counts = {n: rows.count() for n, rows in workflow.prunable(before).items()}
        else:
            counts = workflow.prune(before)
        done = "would be deleted" if options["dry_run"] else "deleted"
        counted = ", ".join(f"{count} {name}" for name, count in counts.items())
        self.say(f"{counted} {done}.")
