"""The API of registrations."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.permissions import (
    IsOrganiser,
    IsOrganiserOrReadOnly,
    IsParticipant,
)
from competition_site.api.conditional import PublicReads, expected_version, with_version
from competition_site.api.envelope import Reply
from competition_site.api.serializers import NoBody
from competition_site.api.views import AnyAccept, StrictRequests
from competition_site.db.text import begins_with
from competition_site.files.stored import download, stored
from registrations import serializers, shapes, workflow
from registrations.models import Competition, Document, Registration
from registrations.permissions import IsLeader, IsMember, MembersReadLeaderEdits


class CompetitionViewSet(PublicReads, StrictRequests, GenericViewSet[Competition]):
    permission_classes = (IsOrganiserOrReadOnly,)
    lookup_field = "slug"
    filters = serializers.CompetitionFilters
    orderings = ("-id", "starts_at", "-starts_at")

    def get_queryset(self) -> QuerySet[Competition]:
        return Competition.objects.visible_to(self.request.user)

    def list(self, request: Request) -> Response:
        asked = self.parameters(paged=True)
        queryset = self.get_queryset()
        if category := asked.get("category"):
            queryset = queryset.filter(category=category)
        if phase := asked.get("phase"):
            queryset = queryset.in_phase(phase, request.received_at)
        if search := asked.get("search"):
            queryset = queryset.titled_like(search)
        page = self.paginate_queryset(queryset)
        rows = [shapes.competition_row(row, at=request.received_at) for row in page]
        return self.get_paginated_response(rows)

    def retrieve(self, request: Request, slug: str) -> Response:
        competition = self.get_object()
        self.parameters()
        self.last_modified = competition.updated_at
        return self._detail(request, competition)

    def create(self, request: Request) -> Response:
        body = self.body(serializers.CompetitionBody)
        competition = workflow.create_competition(by=request.user, **body)
        reply = self._detail(
            request, competition, message=_("The competition is created."), status=201
        )
        reply["Location"] = f"/api/v1/competitions/{competition.slug}"
        return reply

    def partial_update(self, request: Request, slug: str) -> Response:
        competition = self.get_object()
        version = expected_version(request, competition)
        body = self.body(serializers.CompetitionChanges, partial=True)
        workflow.change_competition(
            competition, by=request.user, if_version=version, **body
        )
        return self._detail(
            request, competition, message=_("The competition is saved.")
        )

    def _detail(
        self, request: Request, competition: Competition, **reply: Any
    ) -> Response:
        detail = shapes.competition_detail(competition, at=request.received_at)
        return with_version(Reply(detail, **reply), competition)


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
        reply = self._detail(request, registration, message=message, status=201)
        reply["Location"] = f"/api/v1/registrations/{registration.pk}"
        return reply

    def retrieve(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.parameters()
        return self._detail(request, registration)

    def partial_update(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        version = expected_version(request, registration)
        body = self.body(serializers.RegistrationChanges, partial=True)
        workflow.edit(registration, by=request.user, if_version=version, **body)
        return self._detail(
            request, registration, message=_("The registration is saved.")
        )

    @action(detail=True, methods=["post"], permission_classes=[IsLeader])
    def submit(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.body(NoBody)
        workflow.submit(registration, by=request.user, at=request.received_at)
        return self._detail(
            request, registration, message=_("The registration is submitted.")
        )

    @action(detail=True, methods=["post"], permission_classes=[IsOrganiser])
    def approve(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.body(NoBody)
        workflow.approve(registration, by=request.user)
        return self._detail(
            request, registration, message=_("The registration is approved.")
        )

    @action(detail=True, methods=["get"], permission_classes=[IsLeader])
    def invitations(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        self.parameters(paged=True)
        page = self.paginate_queryset(registration.invitations.all())
        rows = [shapes.invitation_row(row, at=request.received_at) for row in page]
        return self.get_paginated_response(rows)

    @invitations.mapping.post
    def invite(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        body = self.body(serializers.InvitationBody)
        invitation = workflow.invite(
            registration, by=request.user, at=request.received_at, **body
        )
        row = shapes.invitation_row(invitation, at=request.received_at)
        return Reply(row, message=_("The invitation is on its way."), status=201)

    @action(
        detail=True,
        methods=["post"],
        permission_classes=[IsMember],
        parser_classes=[MultiPartParser],
    )
    def documents(self, request: Request, pk: str) -> Response:
        registration = self.get_object()
        body = self.body(serializers.DocumentBody, registration=registration)
        upload, content_type = body.pop("file"), body.pop("content_type")
        with stored(upload, folder="documents", content_type=content_type) as file:
            document = workflow.add_document(
                registration,
                file=file,
                by=request.user,
                at=request.received_at,
                **body,
            )
        row = shapes.document_row(document, user=request.user)
        return Reply(row, message=_("The document is handed in."), status=201)

    def _detail(
        self, request: Request, registration: Registration, **reply: Any
    ) -> Response:
        detail = shapes.registration_detail(
            registration, user=request.user, at=request.received_at
        )
        return with_version(Reply(detail, **reply), registration)


class InvitationAcceptanceView(StrictRequests, APIView):
    """Joins a team by the token of an invitation's mail."""

    permission_classes = (IsParticipant,)

    def post(self, request: Request) -> Response:
        body = self.body(serializers.AcceptanceBody)
        registration = workflow.accept_invitation(
            body["token"], by=request.user, at=request.received_at
        )
        detail = shapes.registration_detail(
            registration, user=request.user, at=request.received_at
        )
        reply = Reply(detail, message=_("You are in the team."))
        return with_version(reply, registration)


class DocumentViewSet(StrictRequests, GenericViewSet[Document]):
    permission_classes = (IsAuthenticated,)

    def get_queryset(self) -> QuerySet[Document]:
        return Document.objects.visible_to(self.request.user)

    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccept)
    def file(self, request: Request, pk: str) -> FileResponse:
        document = self.get_object()
        self.parameters()
        workflow.open_document(document, by=request.user)
        return download(
            key=document.storage_key,
            name=document.file_name,
            content_type=document.content_type,
        )

    @action(detail=True, methods=["post"], permission_classes=[IsOrganiser])
    def verify(self, request: Request, pk: str) -> Response:
        document = self.get_object()
        self.body(NoBody)
        workflow.verify_document(document, by=request.user)
        row = shapes.document_row(document, user=request.user)
        return Reply(row, message=_("The document is verified."))

    @action(detail=True, methods=["post"], permission_classes=[IsOrganiser])
    def refuse(self, request: Request, pk: str) -> Response:
        document = self.get_object()
        body = self.body(serializers.ReasonBody)
        workflow.refuse_document(document, by=request.user, **body)
        row = shapes.document_row(document, user=request.user)
        return Reply(row, message=_("The document is refused."))
