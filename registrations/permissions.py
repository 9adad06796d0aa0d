"""Who may do what with a registration."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request

from accounts.permissions import IsParticipant
from registrations.models import Document, Invitation, Registration


class MembersReadLeaderEdits(IsAuthenticated):
    """Everybody signed in asks; those who may take part enter; the leader edits."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if view.action == "create":
            return IsParticipant().has_permission(request, view)
        return super().has_permission(request, view)

    def has_object_permission(
        self, request: Request, view: Any, obj: Registration
    ) -> bool:
        return request.method in SAFE_METHODS or obj.is_led_by(request.user)


class IsLeader(IsAuthenticated):
    """The registration's leader, and nobody in their place."""

    def has_object_permission(
        self, request: Request, view: Any, obj: Registration
    ) -> bool:
        return obj.is_led_by(request.user)


class IsMember(IsAuthenticated):
    """A member of the team."""

    def has_object_permission(
        self, request: Request, view: Any, obj: Registration
    ) -> bool:
        if obj.has_member(request.user):
            return True
        if not request.user.is_organiser:  # taken off between finding and reading it
            raise Http404
        return False


class IsOwnDocument(IsAuthenticated):
    """Whom the document is about, or who handed it in."""

    def has_object_permission(self, request: Request, view: Any, obj: Document) -> bool:
        return request.user.pk in {obj.member_id, obj.uploaded_by_id}


class IsInviting(IsAuthenticated):
    """Everybody signed in has invitations; who leads the team has them in hand."""

    def has_object_permission(
        self, request: Request, view: Any, obj: Invitation
    ) -> bool:
        return bool(obj.leader_id == request.user.pk)


class IsInvited(IsAuthenticated):
    """Who has proven the invited address."""

    def has_object_permission(
        self, request: Request, view: Any, obj: Invitation
    ) -> bool:
        return obj.is_for(request.user)
