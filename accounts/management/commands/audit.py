"""manage.py audit: read who did what."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from accounts.audit import trail
from accounts.management.account_command import AccountCommand, account_of
from accounts.models import AuditEvent
from competition_site.clock import iso, now
from competition_site.configuration import parse_duration
from competition_site.terminal import printable


class Command(AccountCommand):
    help = (
        "Show who did what, the newest first; the trail holds no secrets. "
        "Example: manage.py audit --action account. --since 7d --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--actor", metavar="EMAIL", help="who did it")
        parser.add_argument(
            "--action", default="", help="how the action begins, such as account."
        )
        parser.add_argument(
            "--object", metavar="ID|EMAIL", help="to what: a row's id, or an account"
        )
        parser.add_argument(
            "--since",
            metavar="MOMENT",
            help="7d, 12h, 2026-11-23 or 2026-11-23T08:00:00Z",
        )
        parser.add_argument("--limit", type=int, default=50, help="default: 50")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a line"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] < 1:
            msg = "--limit is 1 or more."
            raise CommandError(msg)
        events = trail(
            actor=account_of(options["actor"]) if options["actor"] else None,
            action=options["action"],
            object_id=_object_id(options["object"]) if options["object"] else None,
            since=_moment(options["since"]) if options["since"] else None,
        )
        shown = _as_json if options["json"] else _as_line
        for event in events[: options["limit"]]:
            self.say(shown(event))


def _object_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return account_of(text).pk


def _moment(text: str) -> datetime:
    """A moment, or how long ago it was; without a zone it is the site's time."""
    try:
        return now() - parse_duration(text)
    except ImproperlyConfigured:
        moment = _written_moment(text)
    except OverflowError:
        moment = None
    if moment is None or moment.year < 1970:
        msg = f"--since {printable(text)}: write 7d, 2026-11-23 or 2026-11-23T08:00Z."
        raise CommandError(msg)
    return moment


def _written_moment(text: str) -> datetime | None:
    try:
        day = parse_date(text)
        moment = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001 - the zone follows
    except ValueError:
        return None
    if moment is None or timezone.is_aware(moment):
        return moment
    return timezone.make_aware(moment)


def _as_line(event: AuditEvent) -> str:
    """The event as one line, whatever people wrote into it."""
    changes = " ".join(f"{field}={value}" for field, value in event.changes)
    words = (
        iso(event.created_at),
        event.actor_name or "system",
        event.action,
        event.object_type,
        str(event.object_id),
        changes,
    )
    return printable("  ".join(word for word in words if word))


def _as_json(event: AuditEvent) -> str:
    return json.dumps(
        {
            "id": str(event.pk),
            "at": iso(event.created_at.astimezone(UTC)),
            "actor": str(event.actor_id) if event.actor_id else None,
            "actor_name": event.actor_name,
            "action": event.action,
            "object_type": event.object_type,
            "object_id": str(event.object_id),
            "changes": dict(event.changes),
            "request_id": event.request_id,
        }
    )
