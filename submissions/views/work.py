"""Stages, work and receipts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.permissions import IsOrganiser, IsOrganiserOrReadOnly
from accounts.roles import Role
from competition_site.api.conditional import PublicReads, expected_version, with_version
from competition_site.api.envelope import Reply
from competition_site.api.multipart import UploadParser, UploadTerms
from competition_site.api.serializers import NoBody, is_uuid
from competition_site.api.views import AnyAccept, StrictRequests
from competition_site.clock import told
from competition_site.files.downloads import download
from competition_site.files.stored import stored
from registrations.models import Competition, Registration, own_registration_ids
from submissions import workflow
from submissions.models import (
    Extension,
    Stage,
    Submission,
    SubmissionFile,
    SubmissionVersion,
)
from submissions.permissions import ReadersReadMembersWrite
from submissions.serializers import work as serializers
from submissions.shapes import work as shapes
from submissions.workflow.stages import public_shape


class CompetitionStagesView(PublicReads, StrictRequests, GenericAPIView[Stage]):
    permission_classes = (IsOrganiserOrReadOnly,)
    orderings = ("order",)

    def get_object(self) -> Competition:
        visible = Competition.objects.visible_to(self.request.user)
        competition: Competition = get_object_or_404(visible, slug=self.kwargs["slug"])
        return competition

    def get(self, request: Request, slug: str) -> Response:
        competition = self.get_object()
        self.parameters(paged=True)
        page = self.paginate_queryset(Stage.objects.filter(competition=competition))
        return self.get_paginated_response([public_shape(stage) for stage in page])

    def post(self, request: Request, slug: str) -> Response:
        competition = self.get_object()
        body = self.body(serializers.StageBody)
        stage = workflow.create_stage(competition, by=request.user, **body)
        reply = Reply(
            public_shape(stage), message=_("The stage is created."), status=201
        )
        reply["Location"] = f"/api/v1/stages/{stage.pk}"
        return with_version(reply, stage)


class StageView(PublicReads, StrictRequests, GenericAPIView[Stage]):
    permission_classes = (IsOrganiserOrReadOnly,)

    def get_queryset(self) -> QuerySet[Stage]:
        return Stage.objects.visible_to(self.request.user)

    def get(self, request: Request, pk: str) -> Response:
        stage = self.get_object()
        self.parameters()
        self.last_modified = stage.updated_at
        return with_version(Reply(public_shape(stage)), stage)

    def patch(self, request: Request, pk: str) -> Response:
        stage = self.get_object()
        version = expected_version(request, stage)
        body = self.body(serializers.StageBody, partial=True)
        workflow.change_stage(stage, by=request.user, if_version=version, **body)
        reply = Reply(public_shape(stage), message=_("The stage is saved."))
        return with_version(reply, stage)

    def delete(self, request: Request, pk: str) -> Response:
        stage = self.get_object()
        version = expected_version(request, stage)
        self.body(NoBody)
        workflow.delete_stage(stage, by=request.user, if_version=version)
        return Reply(None, message=_("The stage is deleted."))


class ExtensionView(StrictRequests, GenericAPIView[Extension]):
    """More time for one team."""

    permission_classes = (IsOrganiser,)

    def put(self, request: Request, pk: str, registration_id: str) -> Response:
        stage = self._row(Stage, pk)
        registration = self._row(Registration, registration_id)
        if registration.competition_id != stage.competition_id:
            raise Http404
        held = Extension.objects.filter(stage=stage, registration=registration).first()
        version = expected_version(request, held)
        body = self.body(serializers.ExtensionBody)
        extension, is_new = workflow.extend(
            stage, registration, by=request.user, if_version=version, **body
        )
        reply = Reply(
            shapes.extension_row(extension),
            message=_("The team has time until %(time)s.")
            % {"time": told(extension.until)},
            status=201 if is_new else 200,
        )
        return with_version(reply, extension)

    def _row(self, model: type[Any], key: str) -> Any:
        if not is_uuid(key):
            raise Http404
        return get_object_or_404(model, pk=key)


class SubmissionViewSet(StrictRequests, GenericViewSet[Submission]):
    permission_classes = (ReadersReadMembersWrite,)
    filters = serializers.SubmissionFilters

    def get_queryset(self) -> QuerySet[Submission]:
        return Submission.objects.visible_to(self.request.user)

    def list(self, request: Request) -> Response:
        asked = self.parameters(paged=True)
        found = self.get_queryset().filter(**asked)
        if "registration" in asked and request.user.role == Role.JUDGE:
            found = self._without_blind(found, asked["registration"])
        page = self.paginate_queryset(found)
        rows = shapes.submission_rows(page, user=request.user)
        return self.get_paginated_response(rows)

    def _without_blind(
        self, found: QuerySet[Submission], registration: UUID
    ) -> QuerySet[Submission]:
        """A judge finds no entry of a blind stage by its team."""
        if registration in own_registration_ids(self.request.user):
            return found
        stages = list(found.values_list("stage_id", flat=True))
        named = Stage.objects.filter(pk__in=stages, blind=False)
        return found.filter(stage__in=list(named.values_list("pk", flat=True)))

    def create(self, request: Request) -> Response:
        body = self.body(serializers.SubmissionBody)
        registration, stage = body.pop("registration"), body.pop("stage")
        if stage.competition_id != registration.competition_id:
            raise Http404
        submission = workflow.create(
            registration,
            stage,
            by=request.user,
            at=request.received_at,
            submit_now=body.pop("submit"),
            **body,
        )
        message = _("Your draft was created.")
        reply = self._detail(request, submission, message=message, status=201)
        reply["Location"] = f"/api/v1/submissions/{submission.pk}"
        return reply

    def retrieve(self, request: Request, pk: str) -> Response:
        submission = self.get_object()
        self.parameters()
        return self._detail(request, submission)

    def partial_update(self, request: Request, pk: str) -> Response:
        submission = self.get_object()
        version = expected_version(request, submission)
        body = self.body(serializers.SubmissionChanges, partial=True)
        workflow.edit(
            submission,
            by=request.user,
            at=request.received_at,
            if_version=version,
            **body,
        )
        return self._detail(request, submission, message=_("Your work is saved."))

    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        submission = self.get_object()
        self.body(NoBody)
        version = workflow.hand_in(submission, by=request.user, at=request.received_at)
        return Reply(
            shapes.version_row(version),
            message=_("Handed in. Keep the receipt's code."),
        )

    @action(detail=True, methods=["post"], parser_classes=[UploadParser])
    def files(self, request: Request, pk: str) -> Response:
        submission = self.get_object()
        stage = Stage.objects.get(pk=submission.stage_id)
        body = self.body(serializers.FileBody, stage=stage)
        with stored(
            body["file"], folder="submissions", content_type=body["content_type"]
        ) as file:
            row = workflow.add_file(
                submission, file=file, by=request.user, at=request.received_at
            )
        return Reply(row.manifest_entry, message=_("The file is uploaded."), status=201)

    def upload_terms(self) -> UploadTerms:
        stage = Stage.objects.get(pk=self.found.stage_id)
        return UploadTerms(
            stage.max_file_bytes,
            require=lambda: workflow.require_file_taken(
                self.found, at=self.request.received_at
            ),
        )

    def _detail(
        self, request: Request, submission: Submission, **reply: Any
    ) -> Response:
        detail = shapes.submission_detail(
            submission, user=request.user, at=request.received_at
        )
        return with_version(Reply(detail, **reply), submission)


class SubmissionFileViewSet(StrictRequests, GenericViewSet[SubmissionFile]):
    permission_classes = (ReadersReadMembersWrite,)

    def get_queryset(self) -> QuerySet[SubmissionFile]:
        return SubmissionFile.objects.visible_to(self.request.user)

    def destroy(self, request: Request, pk: str) -> Response:
        file = self.get_object()
        self.body(NoBody)
        workflow.remove_file(file, by=request.user, at=request.received_at)
        return Reply(None, message=_("The file is removed."))

    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccept)
    def content(self, request: Request, pk: str) -> HttpResponseBase:
        file = self.get_object()
        self.parameters()
        return download(
            key=file.storage_key,
            name=shapes.file_name(file, user=request.user),
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
        )


class ReceiptView(PublicReads, StrictRequests, APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request, code: str) -> Response:
        version = get_object_or_404(SubmissionVersion, code=code)
        self.parameters()
        return Reply(shapes.receipt(version))
