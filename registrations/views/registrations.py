"""A team's entry and its verbs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from competition_site.api.conditional import expected_version, with_version
from competition_site.api.envelope import Reply
from competition_site.api.multipart import UploadParser, UploadTerms
from competition_site.api.serializers import NoBody
from competition_site.api.views import StrictRequests
from competition_site.db.text import begins_with
from competition_site.files.stored import stored
from registrations import workflow
from registrations.models import Registration
from registrations.permissions import IsLeader, IsMember, MembersReadLeaderEdits
from registrations.serializers import registrations as serializers
from registrations.serializers.documents import DocumentBody
from registrations.shapes import registrations as shapes
from registrations.shapes.documents import document_row


class RegistrationViewSet(StrictRequests, GenericViewSet[Registration]):
    permission_classes = (MembersReadLeaderEdits,)
    filters = serializers.RegistrationFilters

    def get_queryset(self) -> QuerySet[Registration]:
        return Registration.objects.visible_to(self.request.user)

    def list(self, request: Request) -> Response:
        asked = self.parameters(paged=True)
        search = asked.pop("search", None)
        queryset = self.get_queryset().filter(
            **{
                "institution_id" if n == "institution" else n: v
                for n, v in asked.items()
            }
        )
        if search:
            queryset = queryset.filter(begins_with("team_name_key", search))
            self.orderings = ("team_name_key",)  # as the index has what is found
        page = self.paginate_queryset(queryset)
        return self.get_paginated_response(
            [shapes.registration_row(row) for row in page]
        )

    def create(self, request: Request) -> Response:
        body = self.body(serializers.RegistrationBody)
        registration = workflow.create(
            leader=request.user,
            at=request.received_at,
            submit_now=body.pop("submit"),
            **body,
        )
        message = _("Your team is registered.")
        reply = detail_reply(request, registration, message=message, status=201)
        reply["Location"] = f"/api/v1/registrations/{registration.pk}"
        return reply

    def retrieve(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.parameters()
        return detail_reply(request, registration)

    def partial_update(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        version = expected_version(request, registration)
        body = self.body(serializers.RegistrationChanges, partial=True)
        workflow.edit(registration, by=request.user, if_version=version, **body)
        return detail_reply(
            request, registration, message=_("The registration is saved.")
        )

    def destroy(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        version = expected_version(request, registration)
        self.body(NoBody)
        workflow.delete_draft(
            registration, by=request.user, at=request.received_at, if_version=version
        )
        return Reply(message=_("The draft is deleted."))

    @action(detail=True, methods=["post"], permission_classes=[IsLeader])
    def submit(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.body(NoBody)
        workflow.submit(registration, by=request.user, at=request.received_at)
        message = _("The registration is submitted.")
        if registration.status == Registration.Status.WAITLISTED:
            message = _("All places are taken; your team is on the waiting list.")
        return detail_reply(request, registration, message=message)

    @action(detail=True, methods=["post"], permission_classes=[IsLeader])
    def withdraw(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.body(NoBody)
        workflow.withdraw(registration, by=request.user, at=request.received_at)
        return detail_reply(request, registration, message=_("The team is withdrawn."))

    @action(
        detail=True,
        methods=["post"],
        permission_classes=[IsLeader],
        url_path="offer/accept",
    )
    def accept_offer(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.body(NoBody)
        workflow.accept_offer(registration, by=request.user, at=request.received_at)
        return detail_reply(request, registration, message=_("The place is yours."))

    @action(
        detail=True,
        methods=["post"],
        permission_classes=[IsLeader],
        url_path="offer/decline",
    )
    def decline_offer(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.body(NoBody)
        workflow.decline_offer(registration, by=request.user, at=request.received_at)
        message = _("You have declined the place; you keep your turn.")
        return detail_reply(request, registration, message=message)

    @action(
        detail=True,
        methods=["post"],
        permission_classes=[IsMember],
        parser_classes=[UploadParser],
    )
    def documents(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        body = self.body(DocumentBody, registration=registration)
        upload, content_type = body.pop("file"), body.pop("content_type")
        with stored(upload, folder="documents", content_type=content_type) as file:
            document = workflow.add_document(
                registration,
                file=file,
                by=request.user,
                at=request.received_at,
                **body,
            )
        row = document_row(document, user=request.user)
        return Reply(row, message=_("The document is handed in."), status=201)

    def upload_terms(self) -> UploadTerms:
        return UploadTerms(
            settings.MAX_DOCUMENT_BYTES,
            require=lambda: workflow.require_documents_taken(self.found),
        )


def detail_reply(
    request: Request, registration: Registration, **reply: Any
) -> Response:
    """The registration as the caller sees it now, with its version."""
    detail = shapes.registration_detail(
        registration, user=request.user, at=request.received_at
    )
    return with_version(Reply(detail, **reply), registration)
