"""Writes audit events; called by every workflow function inside its transaction."""

from __future__ import annotations

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
