"""Results: computed as numbered snapshots, released by an admin, never changed."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.audit import record
from accounts.models import User
from competition_site.db.transactions import retry_on_conflict
from competition_site.rules import RuleViolation
from registrations.models import Registration
from submissions.models import (
    Assignment,
    Criterion,
    ResultSnapshot,
    Review,
    Stage,
    Submission,
)
from submissions.workflow.deadlines import last_end
from submissions.workflow.scoring import Entry, Rubric, ranked

Status = ResultSnapshot.Status


@retry_on_conflict
@transaction.atomic
def compute(
    stage: Stage, *, by: User, at: datetime, reason: str = ""
) -> ResultSnapshot:
    """Rank what was handed in and judged, as the stage's next snapshot.

    It locks judging first: marks that are saved while it runs are either counted or
    refused. Nothing public changes. Raises RuleViolation: results_not_ready (an entry
    without a final review, with ``blockers``), validation_error (a correction of a
    released result needs a reason).
    """
    stage = _lock_judging(stage)
    if stage.released_number and not reason:
        text = _("Say why a released result is corrected.")
        raise RuleViolation("validation_error", errors={"reason": [text]})
    entries = _competing_entries(stage)
    blockers = _blockers(stage, entries)
    if not entries or any(b["code"] == "review_missing" for b in blockers):
        raise RuleViolation("results_not_ready", blockers=blockers)
    snapshot = ResultSnapshot.objects.create(
        competition_id=stage.competition_id,
        stage=stage,
        stage_name=stage.name,
        stage_order=stage.order,
        number=stage.snapshots_count,
        rows=_rows(stage, entries),
        blockers=blockers,
        reason=reason,
        computed_at=at,
    )
    record(by, "results.computed", snapshot, number=snapshot.number)
    return snapshot


def _lock_judging(stage: Stage) -> Stage:
    Stage.objects.filter(pk=stage.pk).update(
        judging_locked=True, snapshots_count=F("snapshots_count") + 1
    )
    return Stage.objects.get(pk=stage.pk)


def _competing_entries(stage: Stage) -> list[tuple[Submission, Registration]]:
    submissions = list(
        Submission.objects.filter(stage=stage, status=Submission.Status.SUBMITTED)
    )
    teams = Registration.objects.competing().in_bulk(
        [submission.registration_id for submission in submissions]
    )
    return [
        (s, teams[s.registration_id]) for s in submissions if s.registration_id in teams
    ]


def _blockers(
    stage: Stage, entries: list[tuple[Submission, Registration]]
) -> list[dict[str, str]]:
    """What stands in the way of a release: unfinished and missing reviews."""
    reviewed = set(_marks(stage, entries))
    waiting = Assignment.objects.filter(
        stage=stage,
        status__in=[Assignment.Status.ASSIGNED, Assignment.Status.IN_PROGRESS],
    )
    missing = [
        {
            "code": "review_missing",
            "submission": str(submission.pk),
            "message": _("%(team)s has no final review.") % {"team": team.team_name},
        }
        for submission, team in entries
        if submission.pk not in reviewed
    ]
    return missing + [
        {
            "code": "review_open",
            "submission": str(assignment.submission_id),
            "message": _("%(judge)s has not finished a review.")
            % {"judge": assignment.judge_name},
        }
        for assignment in waiting
    ]


def _rows(
    stage: Stage, entries: list[tuple[Submission, Registration]]
) -> list[dict[str, Any]]:
    rubric = {
        str(c.pk): Rubric(max_score=c.max_score, weight=c.weight)
        for c in Criterion.objects.filter(stage=stage)
    }
    marks = _marks(stage, entries)
    teams = {str(submission.pk): team for submission, team in entries}
    places = ranked(
        (
            Entry(str(s.pk), s.submitted_at, marks[s.pk])
            for s, _team in entries
            if s.submitted_at is not None
        ),
        rubric,
    )
    return [
        {
            "rank": place.rank,
            "registration": str(teams[place.key].pk),
            "submission": place.key,
            "team_name": teams[place.key].team_name,
            "institution": _institution(teams[place.key]),
            "score": place.score,
            "raw_score": place.score,
            "decided_by": place.decided_by,
            "outcome": None,
            "award": None,
        }
        for place in places
    ]


def _marks(
    stage: Stage, entries: list[tuple[Submission, Registration]]
) -> dict[Any, list[dict[str, float]]]:
    """The final marks of each entry's last version."""
    last = {submission.pk: submission.version_number for submission, _team in entries}
    marks: dict[Any, list[dict[str, float]]] = defaultdict(list)
    for review in Review.objects.filter(stage=stage, final=True):
        if last.get(review.submission_id) == review.version_number:
            marks[review.submission_id].append(review.scores_by_criterion)
    return marks


def _institution(registration: Registration) -> str | None:
    """The leader's institution, as the roster shows it."""
    return next(
        (
            member["institution"]
            for member in registration.roster
            if member["id"] == str(registration.leader_id)
        ),
        None,
    )


@retry_on_conflict
@transaction.atomic
def release(snapshot: ResultSnapshot, *, by: User, at: datetime) -> ResultSnapshot:
    """Make a snapshot the stage's public result, in place of an earlier one.

    Raises RuleViolation: results_not_ready (blockers, or the stage still takes work),
    invalid_transition (released or withdrawn already, or older than what is public).
    """
    stage = Stage.objects.get(pk=snapshot.stage_id)
    if snapshot.blockers or at < last_end(stage):
        raise RuleViolation("results_not_ready", blockers=snapshot.blockers)
    newer = Stage.objects.filter(
        pk=stage.pk, released_number__lt=snapshot.number, judging_locked=True
    )
    if not newer.update(released_number=snapshot.number):
        raise RuleViolation("invalid_transition")
    _supersede(stage, Status.RELEASED)
    snapshot.move_to(Status.RELEASED, released_at=at)
    record(by, "results.released", snapshot, number=snapshot.number)
    return snapshot


def _supersede(stage: Stage, status: ResultSnapshot.Status) -> None:
    rows = ResultSnapshot.objects.filter(stage=stage, status=status)
    rows.update(status=Status.SUPERSEDED, version=F("version") + 1)


@retry_on_conflict
@transaction.atomic
def withdraw(snapshot: ResultSnapshot, *, reason: str, by: User) -> ResultSnapshot:
    """Take a result back. Unless another one is public, judging opens again, and what
    was computed from the earlier marks cannot be released any more.

    Raises RuleViolation: invalid_transition.
    """
    snapshot.move_to(Status.WITHDRAWN, reason=reason)
    stage = Stage.objects.get(pk=snapshot.stage_id)
    public = ResultSnapshot.objects.filter(stage=stage, status=Status.RELEASED)
    if not public.exists():
        _supersede(stage, Status.COMPUTED)
        Stage.objects.filter(pk=stage.pk).update(judging_locked=False)
    record(by, "results.withdrawn", snapshot, number=snapshot.number, reason=reason)
    return snapshot


def released(competition_id: Any) -> ResultSnapshot | None:
    """The public result of a competition: that of its furthest stage with one."""
    return (
        ResultSnapshot.objects.filter(
            competition=competition_id, status=Status.RELEASED
        )
        .order_by("-stage_order")
        .first()
    )
