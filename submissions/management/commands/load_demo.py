"""``manage.py load_demo``: people, competitions, teams and work to look at."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from competition_site.clock import now
from submissions.demo import event


class Command(BaseCommand):
    help = "Fill an empty database with a whole event, and say who can log in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="do nothing, without complaint, where there are rows already",
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="also beside other rows, and in production",
        )
        parser.add_argument(
            "--seed",
            type=int,
            default=1,
            help="another number gives other names and texts (default: 1)",
        )

    def handle(self, *, if_empty: bool, force: bool, seed: int, **options: Any) -> None:
        if settings.PRODUCTION and not force:
            msg = "This is production, and the demo's password is public: --force."
            raise CommandError(msg)
        if not if_empty or event.is_empty():
            self._load(seed, force=force)
        self._show_log_ins()

    def _load(self, seed: int, *, force: bool) -> None:
        if not event.is_empty() and not force:
            msg = "This database holds rows already: --if-empty passes, --force adds."
            raise CommandError(msg)
        if event.is_loaded():
            msg = (
                "The demo is here already, be it in part: begin with an empty database."
            )
            raise CommandError(msg)
        event.load(seed, at=now())

    def _show_log_ins(self) -> None:
        lines = list(event.log_ins())
        if not lines:
            self.stdout.write("There are no demo accounts in this database.")
        for line in lines:
            self.stdout.write(line)
