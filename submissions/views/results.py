"""Results for organisers, the leaderboard for everybody."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import IsAdmin, IsOrganiser
from competition_site.api.conditional import PublicReads
from competition_site.api.envelope import Reply
from competition_site.api.serializers import NoBody
from competition_site.api.views import StrictRequests, is_uuid
from registrations.models import Competition
from registrations.serializers.documents import ReasonBody
from submissions import workflow
from submissions.models import ResultSnapshot, Stage
from submissions.serializers.judging import ComputeBody
from submissions.shapes import judging as shapes


class StageResultsView(StrictRequests, GenericAPIView[Stage]):
    permission_classes = (IsOrganiser,)
    queryset = Stage.objects.all()

    def get(self, request: Request, pk: str) -> Response:
        stage = self.get_object()
        self.parameters(paged=True)
        page = self.paginate_queryset(ResultSnapshot.objects.filter(stage=stage))
        return self.get_paginated_response([shapes.snapshot(row) for row in page])


class ComputeView(StrictRequests, GenericAPIView[Stage]):
    permission_classes = (IsOrganiser,)
    queryset = Stage.objects.all()

    def post(self, request: Request, pk: str) -> Response:
        stage = self.get_object()
        body = self.body(ComputeBody)
        snapshot = workflow.compute(
            stage, by=request.user, at=request.received_at, **body
        )
        message = _("The result is computed; nothing is public yet.")
        return Reply(shapes.snapshot(snapshot), message=message, status=201)


class SnapshotView(StrictRequests, GenericAPIView[ResultSnapshot]):
    """One numbered snapshot of a stage, for the verbs below."""

    permission_classes = (IsAdmin,)

    def get_object(self) -> ResultSnapshot:
        stage, number = self.kwargs["pk"], self.kwargs["number"]
        if not is_uuid(stage):
            raise Http404
        snapshot: ResultSnapshot = get_object_or_404(
            ResultSnapshot, stage=stage, number=number
        )
        return snapshot


class ReleaseView(SnapshotView):
    def post(self, request: Request, pk: str, number: int) -> Response:
        snapshot = self.get_object()
        self.body(NoBody)
        workflow.release(snapshot, by=request.user, at=request.received_at)
        return Reply(shapes.snapshot(snapshot), message=_("The result is public."))


class WithdrawView(SnapshotView):
    def post(self, request: Request, pk: str, number: int) -> Response:
        snapshot = self.get_object()
        body = self.body(ReasonBody)
        workflow.withdraw(snapshot, by=request.user, **body)
        return Reply(shapes.snapshot(snapshot), message=_("The result is withdrawn."))


class LeaderboardView(PublicReads, StrictRequests, APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request, slug: str) -> Response:
        visible = Competition.objects.visible_to(request.user)
        competition = get_object_or_404(visible, slug=slug)
        self.parameters()
        snapshot = workflow.released(competition.pk)
        self.last_modified = snapshot.released_at if snapshot else None
        return Reply(shapes.leaderboard(snapshot))
