"""Submissions, versions and receipts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Role
from competition_site.files.content import EXTENSIONS
from registrations.models import Registration, own_registration_ids
from submissions import receipts
from submissions.models import (
    Extension,
    Stage,
    Submission,
    SubmissionFile,
    SubmissionVersion,
)
from submissions.workflow.deadlines import team_window
from submissions.workflow.requirements import can


def submission_rows(
    submissions: Iterable[Submission], *, user: User
) -> list[dict[str, Any]]:
    """A page of submissions; of what they judge, judges get what was handed in, and
    in a blind stage no names.
    """
    rows = [(submission, submission_row(submission)) for submission in submissions]
    if user.role == Role.JUDGE:
        own = set(own_registration_ids(user))
        _as_judged([pair for pair in rows if pair[0].registration_id not in own])
    return [row for _submission, row in rows]


def _as_judged(rows: list[tuple[Submission, dict[str, Any]]]) -> None:
    stages = Stage.objects.in_bulk({s.stage_id for s, _row in rows})
    titles = {
        (submission, number): title
        for submission, number, title in SubmissionVersion.objects.filter(
            submission__in=[s.pk for s, _row in rows]
        ).values_list("submission_id", "number", "title")
    }
    for submission, row in rows:
        blind = stages[submission.stage_id].blind
        row["registration"] = judged_team(submission, blind=blind)
        row["title"] = titles[submission.pk, submission.version_number]


def judged_team(submission: Submission, *, blind: bool) -> dict[str, Any]:
    """The team as a judge may know it."""
    if blind:
        return {"id": None, "team_name": code_name(submission)}
    return {"id": submission.registration_id, "team_name": submission.team_name}


def code_name(submission: Submission) -> str:
    """An entry's name where nobody's is told; it says nothing about the team."""
    digest = sha256(b"code name:" + submission.pk.bytes).hexdigest()
    return f"Entry {digest[:6].upper()}"


def judged_files(
    files: Iterable[dict[str, Any]], *, blind: bool
) -> list[dict[str, Any]]:
    """A version's files as a judge may know them."""
    return [
        {**file, "name": _plain_name(file["id"], file["content_type"])}
        if blind
        else file
        for file in files
    ]


def file_name(file: SubmissionFile, *, user: User) -> str:
    """The name under which a file is sent to ``user``."""
    if user.role != Role.JUDGE or file.registration_id in own_registration_ids(user):
        return file.name
    stage = Stage.objects.get(pk=file.submission.stage_id)
    return _plain_name(file.pk, file.content_type) if stage.blind else file.name


def _plain_name(file_id: Any, content_type: str) -> str:
    """A file's name where nobody's is told: teams like to sign theirs."""
    digest = sha256(f"file name:{file_id}".encode()).hexdigest()
    return f"file-{digest[:6]}{EXTENSIONS[content_type][0]}"


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
    if not user.is_organiser and not registration.has_member(user):
        return _judged_detail(submission, stage)
    window = team_window(stage, registration.pk)
    possible = can(submission, registration, stage, window, by=user, at=at)
    files = submission.files.current().order_by("id")
    versions = submission.versions.order_by("number")
    return {
        **submission_row(submission),
        "summary": submission.summary,
        "link_url": submission.link_url or None,
        "files": [file.manifest_entry for file in files],
        "versions": [version_row(version) for version in versions],
        "can": possible,
        "next_actions": _next_actions(
            submission, possible["submit"], due_at=window.due_at(at)
        ),
        "version": submission.version,
    }


def _judged_detail(submission: Submission, stage: Stage) -> dict[str, Any]:
    """What a judge sees: the last version that was handed in, and nothing behind it."""
    version = submission.versions.order_by("-number").first()
    files = judged_files(version.files if version else [], blind=stage.blind)
    frozen = [] if version is None else [{**version_row(version), "files": files}]
    return {
        **submission_row(submission),
        "registration": judged_team(submission, blind=stage.blind),
        "title": submission.title if version is None else version.title,
        "summary": "" if version is None else version.summary,
        "link_url": (version.link_url or None) if version else None,
        "files": files,
        "versions": frozen,
        "can": {"edit": "permission_denied", "submit": "permission_denied"},
        "next_actions": [],
        "version": submission.version,
    }


def _next_actions(
    submission: Submission, submit: bool | str, *, due_at: datetime
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
            "due_at": due_at,
            "method": "POST",
            "href": href,
        }
    ]


def extension_row(extension: Extension) -> dict[str, Any]:
    """More time for one team: until when, why, and by whom."""
    return {
        "id": extension.pk,
        "stage": {"id": extension.stage_id, "name": extension.stage_name},
        "registration": {
            "id": extension.registration_id,
            "team_name": extension.team_name,
        },
        "until": extension.until,
        "reason": extension.reason,
        "granted_by": {
            "id": extension.granted_by_id,
            "full_name": extension.granted_by.full_name,
        },
        "created_at": extension.created_at,
        "updated_at": extension.updated_at,
        "version": extension.version,
    }


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
