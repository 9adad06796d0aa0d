"""Assignments, reviews, results and the leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from submissions.models import (
    Assignment,
    JudgeAppointment,
    JudgeConflict,
    ResultSnapshot,
    Review,
    Stage,
    Submission,
    SubmissionVersion,
)
from submissions.shapes.work import code_name, judged_files

_LEADERBOARD_ROW = ("rank", "team_name", "institution", "score", "outcome", "award")
_RESULT_ROW = (
    "rank",
    "team_name",
    "institution",
    "score",
    "raw_score",
    "decided_by",
    "outcome",
    "award",
)


def appointment(row: JudgeAppointment) -> dict[str, Any]:
    """A judge of a competition, as organisers see it."""
    return {
        "id": row.user_id,
        "full_name": row.full_name,
        "appointed_at": row.created_at,
    }


def assignment_rows(assignments: Sequence[Assignment]) -> list[dict[str, Any]]:
    """A page of assignments: four commands, however many rows."""
    stages = Stage.objects.in_bulk({a.stage_id for a in assignments})
    submissions = Submission.objects.in_bulk({a.submission_id for a in assignments})
    reviews = {
        review.assignment_id: review
        for review in Review.objects.filter(assignment__in=[a.pk for a in assignments])
    }
    versions = {
        (version.submission_id, version.number): version
        for version in SubmissionVersion.objects.filter(
            submission__in=list(submissions)
        )
    }
    return [
        _assignment_row(
            assignment,
            submission := submissions[assignment.submission_id],
            versions.get((submission.pk, submission.version_number)),
            reviews.get(assignment.pk),
            blind=stages[assignment.stage_id].blind,
        )
        for assignment in assignments
    ]


def _assignment_row(
    assignment: Assignment,
    submission: Submission,
    version: SubmissionVersion | None,
    review: Review | None,
    *,
    blind: bool,
) -> dict[str, Any]:
    return {
        "id": assignment.pk,
        "stage": {"id": assignment.stage_id, "name": assignment.stage_name},
        "submission": {
            "id": submission.pk,
            "code_name": code_name(submission) if blind else None,
            "team_name": None if blind else submission.team_name,
            "title": submission.title if version is None else version.title,
            "files": judged_files(version.files if version else [], blind=blind),
        },
        "status": assignment.status,
        "review": None if review is None else review_shape(review),
    }


def review_shape(review: Review) -> dict[str, Any]:
    """A review as its judge and the organisers see it."""
    return {
        "scores": review.scores_by_criterion,
        "comment": review.comment,
        "private_note": review.private_note,
        "final": review.final,
        "saved_at": review.saved_at,
        "version": review.version,
    }


def conflict(row: JudgeConflict) -> dict[str, Any]:
    """A declared conflict, as its judge sees it."""
    return {
        "id": row.pk,
        "registration": row.registration_id,
        "institution": row.institution_id,
        "user": row.user_id,
        "reason": row.reason,
        "created_at": row.created_at,
    }


def snapshot(row: ResultSnapshot) -> dict[str, Any]:
    """A result as organisers see it."""
    return {
        "id": row.pk,
        "stage": {"id": row.stage_id, "name": row.stage_name},
        "number": row.number,
        "status": row.status,
        "reason": row.reason or None,
        "computed_at": row.computed_at,
        "released_at": row.released_at,
        "blockers": row.blockers,
        "rows": [{key: line[key] for key in _RESULT_ROW} for line in row.rows],
    }


def leaderboard(row: ResultSnapshot | None) -> dict[str, Any]:
    """The public result; empty until one is released."""
    if row is None:
        return {"stage": None, "snapshot": None, "released_at": None, "rows": []}
    return {
        "stage": {"id": row.stage_id, "name": row.stage_name},
        "snapshot": row.number,
        "released_at": row.released_at,
        "rows": [{key: line[key] for key in _LEADERBOARD_ROW} for line in row.rows],
    }
