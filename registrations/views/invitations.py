"""Invitations, sent and accepted."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import (
    IsParticipant,
)
from competition_site.api.conditional import with_version
from competition_site.api.envelope import Reply
from competition_site.api.views import StrictRequests
from registrations import workflow
from registrations.models import Registration
from registrations.permissions import IsLeader
from registrations.serializers import invitations as serializers
from registrations.shapes import invitations as shapes
from registrations.shapes.registrations import registration_detail


class TeamInvitationsView(StrictRequests, GenericAPIView[Registration]):
    """The invitations of one team."""

    permission_classes = (IsLeader,)

    def get_queryset(self) -> QuerySet[Registration]:
        return Registration.objects.visible_to(self.request.user)

    def get(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.parameters(paged=True)
        page = self.paginate_queryset(registration.invitations.all())
        rows = [shapes.invitation_row(row, at=request.received_at) for row in page]
        return self.get_paginated_response(rows)

    def post(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        body = self.body(serializers.InvitationBody)
        invitation = workflow.invite(
            registration, by=request.user, at=request.received_at, **body
        )
        row = shapes.invitation_row(invitation, at=request.received_at)
        return Reply(row, message=_("The invitation is on its way."), status=201)


class InvitationAcceptanceView(StrictRequests, APIView):
    """Joins a team by the token of an invitation's mail."""

    permission_classes = (IsParticipant,)

    def post(self, request: Request) -> Response:
        body = self.body(serializers.AcceptanceBody)
        registration = workflow.accept_invitation(
            body["token"], by=request.user, at=request.received_at
        )
        detail = registration_detail(
            registration, user=request.user, at=request.received_at
        )
        reply = Reply(detail, message=_("You are in the team."))
        return with_version(reply, registration)
