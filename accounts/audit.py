"""Writes audit events, each in the transaction of its change, and reads them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import AuditEvent, User
from competition_site.context import request_id
from competition_site.db.models import Row


def record(by: User | None, action: str, subject: Row, **changes: object) -> None:
    """Note that ``by`` (None: the system) did ``action`` to ``subject``.

    ``changes`` are pairs of a field and what it became; secrets stay out.
    """
    AuditEvent.objects.create(
        actor=by,
        actor_name="" if by is None else by.full_name,
        action=action,
        object_type=subject._meta.model_name,
        object_id=subject.pk,
        changes=[[field, str(value)] for field, value in changes.items()],
        request_id=request_id.get(),
    )


def trail(
    *,
    actor: User | None = None,
    action: str = "",
    object_id: UUID | None = None,
    since: datetime | None = None,
) -> QuerySet[AuditEvent]:
    """What happened, the newest first.

    ``action`` is how the action begins, such as ``account.``. Keys begin with the
    millisecond they were made in, so that ``since`` reads no older row.
    """
    terms = Q(action__startswith=action)
    if actor is not None:
        terms &= Q(actor=actor)
    if object_id is not None:
        terms &= Q(object_id=object_id)
    if since is not None:
        terms &= Q(pk__gte=UUID(int=int(since.timestamp() * 1000) << 80))
    return AuditEvent.objects.filter(terms).order_by("-id")
