"""manage.py enroll_totp: give an organiser a second factor, or take it away."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from accounts import workflow
from accounts.management.account_command import AccountCommand, account_of


class Command(AccountCommand):
    help = (
        "Give an organiser a second factor for the admin's log-in. Its secret and the "
        "otpauth:// address for the authenticator app are printed once. "
        "Example: manage.py enroll_totp sari@ui.example"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--remove",
            action="store_true",
            help="take the second factor away, as after a lost telephone",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = account_of(options["email"])
        if options["remove"]:
            removed = workflow.remove_second_factor(user, by=None)
            done = "is removed" if removed else "was not there; nothing is changed"
            self.say(f"The second factor of {user.email} {done}.")
        elif workflow.has_second_factor(user):
            self.say(
                f"{user.email} has a second factor; nothing is changed. "
                "For a new one take it away first: --remove."
            )
        else:
            secret = workflow.enrol_second_factor(user, by=None)
            self.say(f"Secret, shown only now: {secret}")
            self.say(workflow.enrolment_uri(user, secret))
