"""Who may: permission classes over the roles, composed in the views."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request

from accounts.roles import Role

__all__ = [
    "IsAdmin",
    "IsJudge",
    "IsOrganiser",
    "IsOrganiserOrReadOnly",
    "IsParticipant",
    "OrganisersReadAdminsWrite",
]


class _HasRole(IsAuthenticated):
    roles: frozenset[str] = frozenset()

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and request.user.role in self.roles


class IsOrganiser(_HasRole):
    """Staff and admin."""

    roles = frozenset({Role.STAFF, Role.ADMIN})


class IsAdmin(_HasRole):
    """Admin only."""

    roles = frozenset({Role.ADMIN})


class IsJudge(_HasRole):
    """Those who were appointed judge of a competition."""

    roles = frozenset({Role.JUDGE})


class IsParticipant(_HasRole):
    """Those who may take part: everybody but the organisers."""

    roles = frozenset({Role.PARTICIPANT, Role.JUDGE})


class IsOrganiserOrReadOnly(BasePermission):
    """Anybody reads; organisers write."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or IsOrganiser().has_permission(
            request, view
        )


class OrganisersReadAdminsWrite(IsOrganiser):
    """Organisers read; admins write."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return super().has_permission(request, view)
        return IsAdmin().has_permission(request, view)
