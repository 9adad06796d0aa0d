"""A team's members: taken off, leaving, leading in turn."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from competition_site.api.conditional import expected_version, with_version
from competition_site.api.envelope import Reply
from competition_site.api.serializers import NoBody
from competition_site.api.views import StrictRequests
from registrations import workflow
from registrations.models import Registration
from registrations.permissions import IsLeader, IsMember
from registrations.serializers.members import HandOverBody
from registrations.shapes.registrations import registration_detail


class _TeamView(StrictRequests, GenericAPIView[Registration]):
    def get_queryset(self) -> QuerySet[Registration]:
        return Registration.objects.visible_to(self.request.user)


class MemberView(_TeamView):
    """One member of a team."""

    permission_classes = (IsMember,)

    def delete(self, request: Request, pk: str, user_id: str) -> Response:
        registration = self.get_object()
        member = _member(registration, user_id)
        version = expected_version(request, registration)
        self.body(NoBody)
        workflow.remove_member(
            registration,
            member,
            by=request.user,
            at=request.received_at,
            if_version=version,
        )
        left = member.pk == request.user.pk
        message = _("You have left the team.") if left else _("The member is removed.")
        return Reply(None, message=message)


class HandOverView(_TeamView):
    """Another member becomes the leader."""

    permission_classes = (IsLeader,)

    def post(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        body = self.body(HandOverBody, registration=registration)
        workflow.hand_over(
            registration, body["user_id"], by=request.user, at=request.received_at
        )
        detail = registration_detail(
            registration, user=request.user, at=request.received_at
        )
        reply = Reply(detail, message=_("The team has a new leader."))
        return with_version(reply, registration)


def _member(registration: Registration, user_id: str) -> User:
    """Whoever is on the roster; anybody else is as good as nobody."""
    if user_id.lower() not in {member["id"] for member in registration.roster}:
        raise Http404
    return User.objects.get(pk=user_id)
