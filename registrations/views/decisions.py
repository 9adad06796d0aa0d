"""What organisers decide about a team and its payment."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.permissions import IsOrganiser
from competition_site.api.serializers import NoBody
from competition_site.api.views import StrictRequests
from registrations import workflow
from registrations.models import Registration
from registrations.serializers import registrations as serializers
from registrations.serializers.documents import ReasonBody
from registrations.views.registrations import detail_reply


class DecisionViewSet(StrictRequests, GenericViewSet[Registration]):
    permission_classes = (IsOrganiser,)

    def get_queryset(self) -> QuerySet[Registration]:
        return Registration.objects.visible_to(self.request.user)

    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.body(NoBody)
        workflow.approve(registration, by=request.user, at=request.received_at)
        return detail_reply(
            request, registration, message=_("The registration is approved.")
        )

    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        body = self.body(serializers.NoteBody)
        workflow.reject(registration, by=request.user, at=request.received_at, **body)
        return detail_reply(
            request, registration, message=_("The registration is rejected.")
        )

    @action(detail=True, methods=["post"], url_path="request-changes")
    def request_changes(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        body = self.body(serializers.ChangeRequestBody)
        workflow.request_changes(
            registration, by=request.user, at=request.received_at, **body
        )
        return detail_reply(
            request, registration, message=_("The team is asked for changes.")
        )

    @action(detail=True, methods=["post"])
    def waitlist(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        body = self.body(serializers.NoteBody)
        workflow.send_to_waitlist(
            registration, by=request.user, at=request.received_at, **body
        )
        return detail_reply(
            request, registration, message=_("The team is on the waiting list.")
        )

    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        body = self.body(serializers.NoteBody)
        workflow.reopen(registration, by=request.user, at=request.received_at, **body)
        return detail_reply(
            request, registration, message=_("The registration is open again.")
        )

    @action(detail=True, methods=["post"])
    def disqualify(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        body = self.body(serializers.NoteBody)
        workflow.disqualify(
            registration, by=request.user, at=request.received_at, **body
        )
        return detail_reply(
            request, registration, message=_("The team is disqualified.")
        )

    @action(detail=True, methods=["post"], url_path="payment/verify")
    def verify_payment(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.body(NoBody)
        workflow.verify_payment(registration, by=request.user, at=request.received_at)
        return detail_reply(
            request, registration, message=_("The payment is verified.")
        )

    @action(detail=True, methods=["post"], url_path="payment/refuse")
    def refuse_payment(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        body = self.body(ReasonBody)
        workflow.refuse_payment(
            registration, by=request.user, at=request.received_at, **body
        )
        return detail_reply(
            request, registration, message=_("The proof of payment is refused.")
        )

    @action(detail=True, methods=["post"], url_path="payment/waive")
    def waive_payment(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.body(NoBody)
        workflow.waive_payment(registration, by=request.user, at=request.received_at)
        return detail_reply(request, registration, message=_("The payment is waived."))
