"""Everything that is kept about a person, gathered from the apps that keep it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import AuditEvent, Session, User
from competition_site.outbox.models import OutboxMessage

Part = Callable[[User], Any]
_parts: dict[str, Part] = {}
MOST_ACTS = 1000


def export_with(name: str, part: Part) -> None:
    """Name what an app knows of a person: a function that returns JSON's values."""
    _parts[name] = part


def exported(user: User) -> dict[str, Any]:
    """Each part by its name; a part costs the same number of queries for everybody."""
    return {name: part(user) for name, part in sorted(_parts.items())}


def sessions(user: User) -> list[dict[str, Any]]:
    """Their log-ins, ended ones too, until they are pruned."""
    return [
        {
            "id": row.pk,
            "device": row.device,
            "address": row.address,
            "created_at": row.created_at,
            "last_used_at": row.rotated_at,
            "expires_at": row.expires_at,
            "ended_at": row.revoked_at,
        }
        for row in Session.objects.filter(user=user).order_by("-id")
    ]


def mails(user: User) -> list[dict[str, Any]]:
    """Mails to their address; the texts are not kept once they are sent."""
    rows = OutboxMessage.objects.filter(recipient=user.email).order_by("-id")
    return [
        {
            "kind": row.kind,
            "subject": row.subject,
            "status": row.status,
            "created_at": row.created_at,
            "sent_at": row.sent_at,
        }
        for row in rows[:MOST_ACTS]
    ]


def acts(user: User) -> list[dict[str, Any]]:
    """What they did, the last ``MOST_ACTS``."""
    events = AuditEvent.objects.filter(actor=user).order_by("-id")[:MOST_ACTS]
    return [
        {
            "at": event.created_at,
            "action": event.action,
            "object_type": event.object_type,
            "object_id": event.object_id,
        }
        for event in events
    ]


export_with("sessions", sessions)
export_with("mails", mails)
export_with("acts", acts)
