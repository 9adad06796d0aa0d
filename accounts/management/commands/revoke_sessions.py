"""manage.py revoke_sessions: log a person, or everybody, out everywhere."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts import workflow
from accounts.management.account_command import AccountCommand, account_of
from accounts.models import Session
from competition_site.clock import now


class Command(AccountCommand):
    help = (
        "Log a person out everywhere, in the API and in the admin; --all: everybody, "
        "as after a leak. Example: manage.py revoke_sessions --all --dry-run"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", nargs="?")
        parser.add_argument("--all", action="store_true", help="everybody")
        parser.add_argument(
            "--dry-run", action="store_true", help="count, and change nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["email"]) == options["all"]:
            msg = "Name one address, or --all."
            raise CommandError(msg)
        dry = options["dry_run"]
        people, sessions = (
            self._all(dry) if options["all"] else self._one(options["email"], dry)
        )
        done = "would be ended" if dry else "ended"
        self.say(f"{sessions} sessions of {people} people {done}.")

    def _one(self, email: str, dry: bool) -> tuple[int, int]:
        user, at = account_of(email), now()
        if dry:
            return 1, Session.objects.live(at).filter(user=user).count()
        return 1, workflow.end_all_sessions(user, by=None, at=at)

    def _all(self, dry: bool) -> tuple[int, int]:
        at = now()
        if dry:
            people = len(workflow.who_may_be_logged_in(at))
            return people, Session.objects.live(at).count()
        return workflow.end_everybodys_sessions(by=None, at=at)
