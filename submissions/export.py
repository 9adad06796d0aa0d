"""What submissions know of a person, for the export of their data."""

from __future__ import annotations

from typing import Any

from accounts.export import export_with
from accounts.models import User
from registrations.models import own_registration_ids
from submissions.models import (
    Assignment,
    JudgeAppointment,
    JudgeConflict,
    Review,
    Submission,
    SubmissionVersion,
)
from submissions.shapes.work import submission_row


def submissions(user: User) -> list[dict[str, Any]]:
    """The work of their teams, and each version with its receipt."""
    rows = Submission.objects.filter(registration__in=own_registration_ids(user))
    found = list(rows.order_by("-id"))
    versions: dict[Any, list[dict[str, Any]]] = {row.pk: [] for row in found}
    handed_in = SubmissionVersion.objects.filter(submission__in=list(versions))
    for version in handed_in.order_by("number"):
        versions[version.submission_id].append(
            {
                "number": version.number,
                "submitted_at": version.submitted_at,
                "late": version.late,
                "by_you": version.submitted_by_id == user.pk,
                "receipt": version.code,
                "files": version.files,
            }
        )
    return [{**submission_row(row), "versions": versions[row.pk]} for row in found]


def judging(user: User) -> dict[str, Any]:
    """What they judge, the marks they gave and the conflicts they declared."""
    appointments = JudgeAppointment.objects.filter(user=user).select_related(
        "competition"
    )
    assignments = list(Assignment.objects.filter(judge=user).order_by("-id"))
    reviews = Review.objects.filter(assignment__in=[row.pk for row in assignments])
    conflicts = JudgeConflict.objects.filter(judge=user).order_by("-id")
    return {
        "competitions": [row.competition.slug for row in appointments.order_by("id")],
        "assignments": [
            {"id": row.pk, "stage_name": row.stage_name, "status": row.status}
            for row in assignments
        ],
        "reviews": [_review(row) for row in reviews.order_by("-id")],
        "conflicts": [
            {"reason": row.reason, "declared_at": row.created_at} for row in conflicts
        ],
    }


def _review(review: Review) -> dict[str, Any]:
    return {
        "assignment": review.assignment_id,
        "version_number": review.version_number,
        "scores": review.scores_by_criterion,
        "comment": review.comment,
        "private_note": review.private_note,
        "final": review.final,
        "saved_at": review.saved_at,
    }


export_with("submissions", submissions)
export_with("judging", judging)
