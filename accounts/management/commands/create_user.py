"""manage.py create_user: open an account of any role."""

from __future__ import annotations

import secrets
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from rest_framework.exceptions import ValidationError

from accounts import workflow
from accounts.management.account_command import AccountCommand
from accounts.models import User
from accounts.roles import Role
from accounts.serializers import RegisterBody
from competition_site.api.exceptions import flat_errors

_PASSWORD_BYTES = 15


class Command(AccountCommand):
    help = (
        "Open an account of any role. Its password is read from stdin, or made and "
        "printed once. An account that is there stays as it is; one of another role "
        "is an error (see set_role). "
        "Example: manage.py create_user --email sari@ui.example --name 'Sari Dewi' "
        "--role staff"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True, help="full name")
        parser.add_argument(
            "--role",
            choices=Role.values,
            default=Role.PARTICIPANT,
            help="default: participant",
        )
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from the first line of stdin",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        role = options["role"]
        if (known := User.objects.with_email(options["email"])) is not None:
            self._report(known, role)
            return
        made = not options["password_stdin"]
        password = secrets.token_urlsafe(_PASSWORD_BYTES) if made else _first_line()
        checked = _checked(options["email"], options["name"], password)
        user = workflow.create_account(**checked, role=role, by=None)
        self.say(f"{user.email} is created, {role}.")
        if made:
            self.say(f"Password, shown only now: {password}")

    def _report(self, user: User, role: str) -> None:
        if user.role != role:
            msg = f"{user.email} is there already, {user.role}: see set_role."
            raise CommandError(msg)
        self.say(f"{user.email} is there already, {role}; nothing is changed.")


def _first_line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _checked(email: str, full_name: str, password: str) -> dict[str, Any]:
    """The fields by the rules of registering. Raises CommandError."""
    body = RegisterBody(
        data={"email": email, "full_name": full_name, "password": password}
    )
    try:
        body.is_valid(raise_exception=True)
    except ValidationError as error:
        named = flat_errors(error.detail).items()
        lines = [f"{field}: {text}" for field, texts in named for text in texts]
        raise CommandError("\n".join(lines)) from error
    checked: dict[str, Any] = body.validated_data
    return checked
