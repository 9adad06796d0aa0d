"""Who closes their account judges no more: open assignments are given back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from submissions.models import Assignment
from submissions.workflow.judging import decline

_OPEN = (Assignment.Status.ASSIGNED, Assignment.Status.IN_PROGRESS)


def give_back(users: Sequence[User], _at: datetime) -> None:
    """Decline what these people have not marked; final marks stay."""
    for assignment in Assignment.objects.filter(
        judge__in=users, status__in=_OPEN
    ).order_by("pk"):
        decline(assignment, reason="", by=assignment.judge)
