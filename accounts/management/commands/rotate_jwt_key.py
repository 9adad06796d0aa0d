"""manage.py rotate_jwt_key: sign tokens with a new key, and go on reading the old."""

from __future__ import annotations

import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from accounts.management.account_command import AccountCommand
from accounts.signing_keys import CURRENT, PREVIOUS, replace_file, rotated, value_of

_KEY_BYTES = 48


class Command(AccountCommand):
    help = (
        "Make a new JWT_SIGNING_KEY; the one of now becomes JWT_PREVIOUS_SIGNING_KEY, "
        "so that tokens out there stay good until they run out. Prints the two lines "
        "to set; --write puts them into ENV_FILE (.env) itself. Restart the API "
        "afterwards. Each call makes another key. "
        "Example: manage.py rotate_jwt_key --write"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--write",
            action="store_true",
            help="change the two lines in ENV_FILE, and keep all others",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        key = secrets.token_urlsafe(_KEY_BYTES)
        if options["write"]:
            self._write(Path(settings.ENV_FILE).resolve(), key)
        else:
            self.say(f"{CURRENT}={key}")
            self.say(f"{PREVIOUS}={settings.JWT_SIGNING_KEY}")
        if settings.JWT_PREVIOUS_SIGNING_KEY:
            self.stderr.write(
                f"There was a {PREVIOUS} already: tokens signed with it end now."
            )

    def _write(self, path: Path, key: str) -> None:
        if not path.is_file():
            msg = f"There is no {path.name} to write: leave --write out."
            raise CommandError(msg)
        text = path.read_text()
        if not _is_in_force(text):
            msg = (
                f"{CURRENT} in {path.name} is not the key in force: the environment "
                "sets another one. Leave --write out, and change it there."
            )
            raise CommandError(msg)
        try:
            replace_file(path, rotated(text, key, previous=settings.JWT_SIGNING_KEY))
        except OSError as error:
            msg = f"{path.name} stays as it was: {error.strerror}."
            raise CommandError(msg) from error
        self.say(
            f"{path.name} has a new {CURRENT}. Restart the API, and empty {PREVIOUS} "
            f"after {settings.SIMPLE_JWT['REFRESH_TOKEN_LIFETIME']}."
        )


def _is_in_force(text: str) -> bool:
    """Whether the key in force is the file's own, or a default the file can replace."""
    written = value_of(text, CURRENT)
    if written is None:
        return CURRENT not in os.environ
    return written == settings.JWT_SIGNING_KEY
