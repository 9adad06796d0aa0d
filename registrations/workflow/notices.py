"""Mails to a team's leader, or to the whole team."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from competition_site.outbox.workflow import enqueue
from registrations.models import Registration


def tell_leader(
    registration: Registration, kind: str, *, leader: User | None = None, **context: Any
) -> None:
    """Write a mail to the leader, if known already, into the current transaction."""
    leader = leader or User.objects.get(pk=registration.leader_id)
    _write(kind, leader, registration, context)


def tell_team(registration: Registration, kind: str, **context: Any) -> None:
    """Write a mail to each member with an open account into the current transaction."""
    members = User.objects.filter(pk__in=registration.member_ids, is_active=True)
    for member in members.order_by("pk"):
        _write(kind, member, registration, context)


def _write(
    kind: str, person: User, registration: Registration, context: dict[str, Any]
) -> None:
    enqueue(
        kind,
        to=person.email,
        language=person.language,
        registration=registration,
        **context,
    )
