"""What the commands of accounts share: refusals as errors, people by their address."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from competition_site.rules import RuleViolation
from competition_site.terminal import printable


class AccountCommand(BaseCommand):
    """A command that calls the workflow; what a rule refuses ends it with status 1."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except RuleViolation as violation:
            refusal = f"{violation} ({violation.code})"
            raise CommandError(refusal) from violation

    def say(self, text: str) -> None:
        """One line on stdout."""
        self.stdout.write(text)


def account_of(email: str) -> User:
    """The account of an address, in whatever form it is written."""
    user = User.objects.with_email(email)
    if user is None:
        msg = f"{printable(email)} has no account."
        raise CommandError(msg)
    return user
