"""Invitations: sent by a leader, answered by who is invited."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.models import User
from accounts.permissions import IsParticipant
from competition_site.api import throttles
from competition_site.api.conditional import expected_version, with_version
from competition_site.api.envelope import Reply
from competition_site.api.serializers import NoBody
from competition_site.api.views import StrictRequests
from registrations import workflow
from registrations.models import Invitation, Registration
from registrations.permissions import IsInvited, IsInviting, IsLeader
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
        _count_mail(request.user, body["email"])
        invitation = workflow.invite(
            registration, by=request.user, at=request.received_at, **body
        )
        row = shapes.invitation_row(invitation, at=request.received_at)
        return Reply(row, message=_("The invitation is on its way."), status=201)


class InvitationViewSet(StrictRequests, GenericViewSet[Invitation]):
    """Invitations that wait for one's answer, and each that one sent or got."""

    permission_classes = (IsInviting,)

    def get_queryset(self) -> QuerySet[Invitation]:
        return Invitation.objects.visible_to(self.request.user)

    def list(self, request: Request) -> Response:
        self.parameters(paged=True)
        waiting = Invitation.objects.open_for(request.user, request.received_at)
        page = self.paginate_queryset(waiting)
        rows = [shapes.invitation_row(row, at=request.received_at) for row in page]
        return self.get_paginated_response(rows)

    def destroy(self, request: Request, pk: str) -> Response:
        invitation = self.get_object()
        expected_version(request, invitation)
        self.body(NoBody)
        workflow.revoke_invitation(invitation, by=request.user, at=request.received_at)
        return Reply(None, message=_("The invitation is revoked."))

    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        invitation = self.get_object()
        self.body(NoBody)
        _count_mail(request.user, invitation.email)
        workflow.resend_invitation(invitation, by=request.user, at=request.received_at)
        row = shapes.invitation_row(invitation, at=request.received_at)
        return Reply(row, message=_("The invitation is on its way again."))

    @action(
        detail=True, methods=["post"], permission_classes=[IsParticipant & IsInvited]
    )
    def accept(self, request: Request, pk: str) -> Response:
        invitation = self.get_object()
        self.body(NoBody)
        registration = workflow.accept_own_invitation(
            invitation, by=request.user, at=request.received_at
        )
        return _joined(request, registration)

    @action(detail=True, methods=["post"], permission_classes=[IsInvited])
    def decline(self, request: Request, pk: str) -> Response:
        invitation = self.get_object()
        self.body(NoBody)
        workflow.decline_invitation(invitation, by=request.user, at=request.received_at)
        row = shapes.invitation_row(invitation, at=request.received_at)
        return Reply(row, message=_("The invitation is declined."))


class InvitationAcceptanceView(StrictRequests, APIView):
    """Joins a team by the token of an invitation's mail."""

    permission_classes = (IsParticipant,)

    def post(self, request: Request) -> Response:
        body = self.body(serializers.AcceptanceBody)
        registration = workflow.accept_invitation(
            body["token"], by=request.user, at=request.received_at
        )
        return _joined(request, registration)


def _joined(request: Request, registration: Registration) -> Response:
    detail = registration_detail(
        registration, user=request.user, at=request.received_at
    )
    reply = Reply(detail, message=_("You are in the team."))
    return with_version(reply, registration)


def _count_mail(sender: User, address: str) -> None:
    """Invitations are mails that a person causes: few to one address, some in all."""
    throttles.count("mail_account", "invitation", str(sender.pk), address)
    throttles.count("invitation_account", str(sender.pk))
