"""manage.py deactivate_user: close an account, or open it again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from accounts import workflow
from accounts.management.account_command import AccountCommand, account_of
from competition_site.clock import now


class Command(AccountCommand):
    help = (
        "Close an account: its tokens and sessions end at once, and nothing of it is "
        "deleted. The last admin stays. Example: manage.py deactivate_user "
        "sari@ui.example"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--reopen", action="store_true", help="open a closed account again"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user, active = account_of(options["email"]), options["reopen"]
        state = "open" if active else "closed"
        if user.is_active == active:
            self.say(f"{user.email} is {state} already; nothing is changed.")
            return
        workflow.set_active(user, active, by=None, at=now())
        self.say(f"{user.email} is {state} now.")
