"""manage.py set_role: give a person another role."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from accounts import workflow
from accounts.management.account_command import AccountCommand, account_of
from accounts.roles import Role


class Command(AccountCommand):
    help = (
        "Give a person another role; their tokens and sessions end. The last admin "
        "stays one. Example: manage.py set_role sari@ui.example staff"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("role", choices=Role.values)

    def handle(self, *args: Any, **options: Any) -> None:
        user, role = account_of(options["email"]), options["role"]
        before = user.role
        workflow.set_role(user, role, by=None)
        if before == role:
            self.say(f"{user.email} is {role} already; nothing is changed.")
        else:
            self.say(f"{user.email} was {before} and is {role} now.")
