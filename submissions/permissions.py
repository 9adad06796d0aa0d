"""Who may do what with a submission."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request

from accounts.permissions import IsParticipant
from registrations.models import Membership


class ReadersReadMembersWrite(IsAuthenticated):
    """Those who may take part begin work; only members of the team change it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if view.action == "create":
            return IsParticipant().has_permission(request, view)
        return super().has_permission(request, view)

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return request.method in SAFE_METHODS or is_member(request.user, obj)


def is_member(user: Any, row: Any) -> bool:
    """Whether ``user`` is in the team that ``row`` belongs to."""
    return Membership.objects.filter(
        user=user, active=True, registration=row.registration_id
    ).exists()
