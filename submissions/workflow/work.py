"""A team's work: begun, changed, and handed in as versions that never change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F

from accounts.audit import record
from accounts.models import User
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.files.stored import StoredFile
from competition_site.outbox.workflow import enqueue
from competition_site.rules import RuleViolation
from registrations.models import Registration
from submissions import receipts
from submissions.models import Stage, Submission, SubmissionFile, SubmissionVersion
from submissions.workflow import requirements
from submissions.workflow.deadlines import lateness, require_before_end, team_window

Status = Submission.Status


@retry_on_conflict
# Who begins at the same moment runs again, and names the work that came first.
@duplicates_refused({("registration_id", "stage_id"): Conflict})
@transaction.atomic
def create(
    registration: Registration,
    stage: Stage,
    *,
    by: User,
    at: datetime,
    submit_now: bool = False,
    **fields: Any,
) -> Submission:
    """Begin a team's work for a stage; with ``submit_now`` hand it in as well.

    Raises RuleViolation: not_competing, already_exists (with its id), stage_paused,
    stage_not_open, stage_closed, validation_error, and what :func:`hand_in` raises.
    """
    _hold_competing(registration.pk, at)
    stage = _current(stage.pk)
    require_before_end(team_window(stage, registration.pk), at)
    requirements.require_accepted(stage, fields)
    held = Submission.objects.filter(registration=registration, stage=stage).first()
    if held is not None:
        raise RuleViolation("already_exists", id=held.pk)
    submission = Submission.objects.create(
        registration=registration,
        stage=stage,
        competition_id=stage.competition_id,
        team_name=registration.team_name,
        stage_name=stage.name,
        **fields,
    )
    record(by, "submission.created", submission)
    if submit_now:
        hand_in(submission, by=by, at=at)
    return submission


@retry_on_conflict
@transaction.atomic
def edit(
    submission: Submission,
    *,
    by: User,
    at: datetime,
    if_version: int | None = None,
    **fields: Any,
) -> Submission:
    """Change the working copy.

    Raises RuleViolation: stage_paused, stage_not_open, stage_closed,
    invalid_transition (withdrawn, or void), validation_error, stale_version.
    """
    stage = _require_working_copy(submission, at)
    requirements.require_accepted(stage, fields)
    conditions: dict[str, Any] = {"status__in": Submission.OPEN}
    if if_version is not None:
        conditions["version"] = if_version
    if not submission.change_where(conditions, **fields):
        requirements.require_open(submission)
        raise RuleViolation("stale_version")
    record(by, "submission.edited", submission, fields=", ".join(sorted(fields)))
    return submission


@retry_on_conflict
@transaction.atomic
def add_file(
    submission: Submission, *, file: StoredFile, by: User, at: datetime
) -> SubmissionFile:
    """Add a stored file to the working copy.

    Raises RuleViolation: what :func:`require_file_taken` raises; validation_error
    (``file``) also where the team's files would be larger in all than they may be.
    """
    stage = _require_working_copy(submission, at)
    room: dict[str, Any] = {
        "status__in": Submission.OPEN,
        "files_count__lt": stage.max_files,
        "files_bytes__lte": settings.MAX_SUBMISSION_BYTES - file.size,
    }
    taken = submission.change_where(
        room,
        files_count=F("files_count") + 1,
        files_bytes=F("files_bytes") + file.size,
    )
    if not taken:
        require_file_taken(submission, at=at)
        raise requirements.too_many_bytes()
    row = SubmissionFile.objects.create(
        submission=submission,
        registration_id=submission.registration_id,
        name=file.name,
        size=file.size,
        sha256=file.sha256,
        content_type=file.content_type,
        storage_key=file.key,
    )
    record(by, "submission.file_added", submission, file=row.pk, sha256=file.sha256)
    return row


def require_file_taken(submission: Submission, *, at: datetime) -> None:
    """Whether the working copy may get one more file; asked before one is read.

    Raises RuleViolation: invalid_transition, stage_paused, stage_not_open,
    stage_closed, validation_error (``file``: as many as the stage takes).
    """
    stage = _require_working_copy(submission, at)
    if submission.files_count >= stage.max_files:
        raise requirements.too_many_files(stage)


@retry_on_conflict
@transaction.atomic
def remove_file(file: SubmissionFile, *, by: User, at: datetime) -> None:
    """Take a file off the working copy; what no version holds leaves the storage.

    Raises RuleViolation: stage_paused, stage_not_open, stage_closed, not_found.
    """
    submission = Submission.objects.get(pk=file.submission_id)
    _require_working_copy(submission, at)
    if not file.change_where({"removed_at": None}, removed_at=at):
        raise RuleViolation("not_found")
    freed = 0 if file.frozen else file.size  # a version's files stay stored
    submission.change(
        files_count=F("files_count") - 1, files_bytes=F("files_bytes") - freed
    )
    record(by, "submission.file_removed", submission, file=file.pk)
    if not file.frozen:
        transaction.on_commit(lambda: default_storage.delete(file.storage_key))


@retry_on_conflict
@transaction.atomic
def hand_in(submission: Submission, *, by: User, at: datetime) -> SubmissionVersion:
    """Freeze the working copy as the next version, with a signed receipt.

    Raises RuleViolation: not_competing, stage_paused, stage_not_open, stage_closed,
    submission_incomplete, attempts_exhausted.
    """
    submission.refresh_from_db()
    _hold_competing(submission.registration_id, at)
    requirements.require_open(submission)
    stage = _current(submission.stage_id)
    requirements.require_attempt(submission, stage)
    window = team_window(stage, submission.registration_id)
    late = lateness(window, at, begun=requirements.is_begun(submission))
    requirements.require_content(submission, stage)
    number = submission.version_number + 1
    unchanged = {"version": submission.version, "version_number": number - 1}
    if not submission.change_where(
        unchanged,
        version_number=number,
        status=Status.SUBMITTED,
        submitted_at=at,
        late=late,
    ):
        raise Conflict
    version = _freeze(submission, stage, by=by)
    record(by, "submission.handed_in", submission, number=number, receipt=version.code)
    enqueue(
        "receipt",
        to=by.email,
        language=by.language,
        version=version,
        team_name=submission.team_name,
    )
    return version


def _require_working_copy(submission: Submission, at: datetime) -> Stage:
    """The stage, where the working copy may change at ``at``.

    Raises RuleViolation: invalid_transition (withdrawn, or void), stage_paused,
    stage_not_open, stage_closed.
    """
    requirements.require_open(submission)
    stage = _current(submission.stage_id)
    require_before_end(team_window(stage, submission.registration_id), at)
    return stage


def _current(stage_id: Any) -> Stage:
    stage = Stage.objects.filter(pk=stage_id).first()
    if stage is None:
        raise RuleViolation("not_found")
    return stage


def _hold_competing(registration_id: Any, at: datetime) -> None:
    """Raises not_competing; otherwise keeps the registration's row for this
    transaction, so that nobody takes the right away while it is used.
    """
    competing = Registration.objects.competing().filter(pk=registration_id)
    if not competing.update(updated_at=at):
        raise RuleViolation("not_competing")


def _freeze(submission: Submission, stage: Stage, *, by: User) -> SubmissionVersion:
    files = list(submission.files.current().order_by("id"))
    version = SubmissionVersion(
        submission=submission,
        stage_id=stage.pk,
        stage_name=stage.name,
        number=submission.version_number,
        title=submission.title,
        summary=submission.summary,
        link_url=submission.link_url,
        files=[file.manifest_entry for file in files],
        submitted_by=by,
        submitted_at=submission.submitted_at,
        late=submission.late,
        code=receipts.new_code(),
    )
    signature = receipts.sign(version)
    version.key_id, version.signature = signature.key_id, signature.value
    version.save(force_insert=True)
    SubmissionFile.objects.filter(pk__in=[f.pk for f in files]).update(frozen=True)
    return version
