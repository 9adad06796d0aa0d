"""Competitions, read by anyone, written by organisers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.permissions import IsOrganiser, IsOrganiserOrReadOnly
from competition_site.api.conditional import PublicReads, expected_version, with_version
from competition_site.api.envelope import Reply
from competition_site.api.serializers import NoBody
from competition_site.api.views import StrictRequests
from registrations import workflow
from registrations.models import Competition
from registrations.serializers import competitions as serializers
from registrations.shapes import competitions as shapes
from registrations.workflow.competitions import statistics


class CompetitionViewSet(PublicReads, StrictRequests, GenericViewSet[Competition]):
    permission_classes = (IsOrganiserOrReadOnly,)
    lookup_field = "slug"
    filters = serializers.CompetitionFilters
    orderings = ("-id", "starts_at", "-starts_at")

    def get_queryset(self) -> QuerySet[Competition]:
        return Competition.objects.visible_to(self.request.user)

    def list(self, request: Request) -> Response:
        asked = self.parameters(paged=True)
        queryset = Competition.objects.listed_for(request.user)
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
        return self._created(request, competition, _("The competition is created."))

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

    def destroy(self, request: Request, slug: str) -> Response:
        competition = self.get_object()
        version = expected_version(request, competition)
        self.body(NoBody)
        workflow.delete_competition(competition, by=request.user, if_version=version)
        return Reply(None, message=_("The competition is deleted."))

    @action(detail=True, methods=["post"], permission_classes=[IsOrganiser])
    def clone(self, request: Request, slug: str) -> Response:
        competition = self.get_object()
        body = self.body(serializers.CloneBody)
        clone = workflow.clone_competition(competition, by=request.user, **body)
        message = _("The competition is copied, as a draft.")
        return self._created(request, clone, message)

    @action(detail=True, methods=["get"], permission_classes=[IsOrganiser])
    def stats(self, request: Request, slug: str) -> Response:
        competition = self.get_object()
        self.parameters()
        return Reply(statistics(competition))

    def _created(
        self, request: Request, competition: Competition, message: str
    ) -> Response:
        reply = self._detail(request, competition, message=message, status=201)
        reply["Location"] = f"/api/v1/competitions/{competition.slug}"
        return reply

    def _detail(
        self, request: Request, competition: Competition, **reply: Any
    ) -> Response:
        detail = shapes.competition_detail(competition, at=request.received_at)
        return with_version(Reply(detail, **reply), competition)
