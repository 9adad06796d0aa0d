"""The answers of submissions: each key of the contract, always sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from registrations.models import Registration
from submissions import receipts
from submissions.models import Stage, Submission, SubmissionVersion
from submissions.workflow.requirements import can


def submission_row(submission: Submission) -> dict[str, Any]:
    """A submission in a list."""
    return {
        "id": submission.pk,
        "registration": {
            "id": submission.registration_id,
            "team_name": submission.team_name,
        },
        "stage": {"id": submission.stage_id, "name": submission.stage_name},
        "title": submission.title,
        "status": submission.status,
        "version_number": submission.version_number,
        "submitted_at": submission.submitted_at,
        "late": submission.late,
    }


def submission_detail(
    submission: Submission, *, user: User, at: datetime
) -> dict[str, Any]:
    """A submission with all that its page shows, and what may be done now."""
    stage = Stage.objects.get(pk=submission.stage_id)
    registration = Registration.objects.get(pk=submission.registration_id)
    possible = can(submission, registration, stage, by=user, at=at)
    files = submission.files.current().order_by("id")
    versions = submission.versions.order_by("number")
    return {
        **submission_row(submission),
        "summary": submission.summary,
        "link_url": submission.link_url or None,
        "files": [file.manifest_entry for file in files],
        "versions": [version_row(version) for version in versions],
        "can": possible,
        "next_actions": _next_actions(submission, stage, possible["submit"]),
        "version": submission.version,
    }


def _next_actions(
    submission: Submission, stage: Stage, submit: bool | str
) -> list[dict[str, Any]]:
    path = f"/api/v1/submissions/{submission.pk}"
    steps = {
        True: ("submit", _("Hand in your work."), f"{path}/submit"),
        "submission_incomplete": (
            "submission_incomplete",
            _("Add what the stage asks for."),
            f"{path}/files",
        ),
    }
    if submission.version_number and submit is True:
        return []
    if submit not in steps:
        return []
    code, message, href = steps[submit]
    return [
        {
            "code": code,
            "message": message,
            "due_at": stage.closes_at,
            "method": "POST",
            "href": href,
        }
    ]


def version_row(version: SubmissionVersion) -> dict[str, Any]:
    """A frozen version with its receipt."""
    return {
        "number": version.number,
        "submitted_at": version.submitted_at,
        "late": version.late,
        "files": version.files,
        "receipt": {
            "code": version.code,
            "href": f"/api/v1/receipts/{version.code}",
        },
    }


def receipt(version: SubmissionVersion) -> dict[str, Any]:
    """What anybody may know who holds a receipt's code: no names, no content."""
    return {
        "code": version.code,
        "submitted_at": version.submitted_at,
        "late": version.late,
        "stage": {"id": version.stage_id, "name": version.stage_name},
        "version_number": version.number,
        "files": [{"sha256": file["sha256"]} for file in version.files],
        "signature": version.signature,
        "key_id": version.key_id,
        "valid": receipts.is_valid(version),
    }
