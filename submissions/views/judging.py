"""Who judges, what they judge, and the marks they give."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.models import User
from accounts.permissions import IsJudge, IsOrganiser
from competition_site.api.conditional import expected_version, with_version
from competition_site.api.envelope import Reply
from competition_site.api.serializers import NoBody
from competition_site.api.views import StrictRequests, is_uuid
from competition_site.rules import RuleViolation
from registrations.models import Competition, Registration
from registrations.serializers.documents import ReasonBody
from submissions import workflow
from submissions.models import (
    Assignment,
    Criterion,
    JudgeAppointment,
    JudgeConflict,
    Review,
    Stage,
)
from submissions.serializers import judging as serializers
from submissions.shapes import judging as shapes


class JudgeView(StrictRequests, GenericAPIView[JudgeAppointment]):
    """A person's appointment as judge of a competition."""

    permission_classes = (IsOrganiser,)

    def get_object(self) -> JudgeAppointment:
        return get_object_or_404(
            JudgeAppointment, competition=self._competition(), user=self._user()
        )

    def get(self, request: Request, slug: str, user_id: str) -> Response:
        held = self.get_object()
        self.parameters()
        return Reply(shapes.appointment(held))

    def put(self, request: Request, slug: str, user_id: str) -> Response:
        competition, user = self._competition(), self._user()
        self.body(NoBody)
        held = workflow.appoint(competition, user, by=request.user)
        return Reply(shapes.appointment(held), message=_("The judge is appointed."))

    def delete(self, request: Request, slug: str, user_id: str) -> Response:
        held = self.get_object()
        self.body(NoBody)
        workflow.dismiss(held, by=request.user)
        return Reply(None, message=_("The judge is dismissed."))

    def _competition(self) -> Competition:
        competition: Competition = get_object_or_404(
            Competition, slug=self.kwargs["slug"]
        )
        return competition

    def _user(self) -> User:
        key = self.kwargs["user_id"]
        if not is_uuid(key):
            raise Http404
        user: User = get_object_or_404(User, pk=key)
        return user


class StageCriteriaView(StrictRequests, GenericAPIView[Stage]):
    permission_classes = (IsOrganiser,)
    queryset = Stage.objects.all()

    def post(self, request: Request, pk: str) -> Response:
        stage = self.get_object()
        body = self.body(serializers.CriterionBody)
        criterion = workflow.add_criterion(stage, by=request.user, **body)
        reply = Reply(
            criterion.public_shape, message=_("The criterion is added."), status=201
        )
        return with_version(reply, criterion)


class CriterionView(StrictRequests, GenericAPIView[Criterion]):
    permission_classes = (IsOrganiser,)
    queryset = Criterion.objects.all()

    def patch(self, request: Request, pk: str) -> Response:
        criterion = self.get_object()
        version = expected_version(request, criterion)
        body = self.body(serializers.CriterionBody, partial=True)
        workflow.change_criterion(
            criterion, by=request.user, if_version=version, **body
        )
        reply = Reply(criterion.public_shape, message=_("The criterion is saved."))
        return with_version(reply, criterion)

    def delete(self, request: Request, pk: str) -> Response:
        criterion = self.get_object()
        expected_version(request, criterion)
        self.body(NoBody)
        workflow.remove_criterion(criterion, by=request.user)
        return Reply(None, message=_("The criterion is removed."))


class StageAssignmentsView(StrictRequests, GenericAPIView[Stage]):
    permission_classes = (IsOrganiser,)
    queryset = Stage.objects.all()

    def post(self, request: Request, pk: str) -> Response:
        stage = self.get_object()
        body = self.body(serializers.AssignmentBody)
        assignment = workflow.assign(stage, by=request.user, **body)
        (row,) = shapes.assignment_rows([assignment])
        return Reply(row, message=_("The entry is assigned."), status=201)


class AssignmentViewSet(StrictRequests, GenericViewSet[Assignment]):
    permission_classes = (IsJudge,)
    filters = serializers.AssignmentFilters

    def get_queryset(self) -> QuerySet[Assignment]:
        return Assignment.objects.visible_to(self.request.user)

    def list(self, request: Request) -> Response:
        asked = self.parameters(paged=True)
        page = self.paginate_queryset(self.get_queryset().filter(**asked))
        return self.get_paginated_response(shapes.assignment_rows(page))

    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        assignment = self.get_object()
        body = self.body(ReasonBody)
        workflow.decline(assignment, by=request.user, **body)
        (row,) = shapes.assignment_rows([assignment])
        return Reply(row, message=_("The assignment is given back."))

    @action(detail=True, methods=["get"])
    def review(self, request: Request, pk: str) -> Response:
        review = get_object_or_404(Review, assignment=self.get_object())
        self.parameters()
        return with_version(Reply(shapes.review_shape(review)), review)

    @review.mapping.put
    def save_review(self, request: Request, pk: str) -> Response:
        assignment = self.get_object()
        held = Review.objects.filter(assignment=assignment).first()
        version = _expected_version(request, held)
        body = self.body(serializers.ReviewBody)
        review = workflow.save_review(
            assignment,
            by=request.user,
            at=request.received_at,
            if_version=version,
            **body,
        )
        message = (
            _("The review is final.") if review.final else _("The review is saved.")
        )
        return with_version(Reply(shapes.review_shape(review), message=message), review)


def _expected_version(request: Request, held: Review | None) -> int | None:
    """What ``If-Match`` names is stale, too, where there is no review yet."""
    if held is not None:
        return expected_version(request, held)
    if "If-Match" in request.headers:
        raise RuleViolation("stale_version")
    return None


class ConflictsView(StrictRequests, GenericAPIView[JudgeConflict]):
    permission_classes = (IsJudge,)

    def get_queryset(self) -> QuerySet[JudgeConflict]:
        return JudgeConflict.objects.filter(judge=self.request.user)

    def get(self, request: Request) -> Response:
        self.parameters(paged=True)
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([shapes.conflict(row) for row in page])

    def post(self, request: Request) -> Response:
        body = self.body(serializers.ConflictBody)
        row = workflow.declare_conflict(judge=request.user, **self._found(body))
        return Reply(
            shapes.conflict(row), message=_("The conflict is noted."), status=201
        )

    def _found(self, body: dict[str, Any]) -> dict[str, Any]:
        """The team by its id, among those that the judge was to meet."""
        if "registration" not in body:
            return body
        assigned = Assignment.objects.filter(
            judge=self.request.user, registration=body["registration"]
        )
        if not assigned.exists():
            raise Http404
        return {**body, "registration": Registration(pk=body["registration"])}
