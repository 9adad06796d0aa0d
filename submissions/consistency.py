"""What submissions store twice: names, counters, rubrics, stages and frozen files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from competition_site.db.batches import in_batches
from competition_site.upkeep.checks import Finding, check, drifts, name_of
from competition_site.upkeep.files import keeps_files
from competition_site.upkeep.references import refers
from registrations.models import Competition, Registration
from submissions.models import (
    Assignment,
    Criterion,
    Extension,
    JudgeAppointment,
    ResultSnapshot,
    Stage,
    Submission,
    SubmissionFile,
    SubmissionVersion,
)
from submissions.workflow.stages import public_shape

refers(SubmissionVersion, "stage_id", Stage)
keeps_files(
    # What no version holds leaves the storage when it is taken off.
    SubmissionFile.objects.filter(Q(removed_at=None) | Q(frozen=True)),
    "storage_key",
    folder="submissions",
)

Values = dict[str, Any]


@check("stages")
def stages() -> Iterator[Finding]:
    """Stages carry their rubric."""
    return drifts(Stage.objects.all(), _with_rubric)


def _with_rubric(rows: Sequence[Stage]) -> Iterator[tuple[Stage, Values]]:
    rubrics = _rubrics(rows)
    for row in rows:
        yield row, {"criteria": rubrics[row.pk]}


def _rubrics(rows: Sequence[Stage]) -> dict[UUID, list[dict[str, Any]]]:
    rubrics: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    criteria = Criterion.objects.filter(stage__in=[row.pk for row in rows])
    for criterion in criteria.order_by("id"):
        rubrics[criterion.stage_id].append(criterion.public_shape)
    return rubrics


@check("competitions")
def competitions() -> Iterator[Finding]:
    """Competitions carry the public shape of their stages."""
    return drifts(Competition.objects.all(), _with_stages)


def _with_stages(rows: Sequence[Competition]) -> Iterator[tuple[Competition, Values]]:
    for row in rows:
        own = list(Stage.objects.filter(competition=row).order_by("order", "id"))
        rubrics = _rubrics(own)
        for stage in own:
            stage.criteria = rubrics[stage.pk]
        yield row, {"stages": [public_shape(stage) for stage in own]}


@check("submissions")
def submissions() -> Iterator[Finding]:
    """Submissions carry the names of their team and stage, and count their files."""
    return drifts(Submission.objects.all(), _of_submissions)


def _of_submissions(rows: Sequence[Submission]) -> Iterator[tuple[Submission, Values]]:
    teams = Registration.objects.in_bulk({row.registration_id for row in rows})
    stages_of = Stage.objects.in_bulk({row.stage_id for row in rows})
    keys = [row.pk for row in rows]
    files = SubmissionFile.objects.current().filter(submission__in=keys)
    counts = Counter(files.values_list("submission_id", flat=True))
    stored: dict[UUID, int] = defaultdict(int)
    for key, size in _stored_files(keys).values_list("submission_id", "size"):
        stored[key] += size
    last: dict[UUID, int] = defaultdict(int)
    versions = SubmissionVersion.objects.filter(submission__in=keys)
    for key, number in versions.values_list("submission_id", "number"):
        last[key] = max(last[key], number)
    for row in rows:
        values: Values = {
            "files_count": counts[row.pk],
            "files_bytes": stored[row.pk],
            "version_number": last[row.pk],
        }
        if team := teams.get(row.registration_id):
            values["team_name"] = team.team_name
        if stage := stages_of.get(row.stage_id):
            values |= {
                "stage_name": stage.name,
                "competition_id": stage.competition_id,
            }
        yield row, values


def _stored_files(submissions: Sequence[UUID]) -> QuerySet[SubmissionFile]:
    """Those of the working copies, and those that a version holds."""
    kept = Q(removed_at=None) | Q(frozen=True)
    return SubmissionFile.objects.filter(kept, submission__in=submissions)


@check("shown_stages")
def shown_stages() -> Iterator[Finding]:
    """Assignments, results and extensions carry the name of their stage."""
    yield from drifts(Assignment.objects.all(), _of_stage)
    yield from drifts(ResultSnapshot.objects.all(), _of_stage)
    yield from drifts(Extension.objects.all(), _of_stage)


def _of_stage(rows: Sequence[Any]) -> Iterator[tuple[Any, Values]]:
    known = Stage.objects.in_bulk({row.stage_id for row in rows})
    for row in rows:
        if stage := known.get(row.stage_id):
            values: Values = {"stage_name": stage.name}
            if isinstance(row, ResultSnapshot):
                values["stage_order"] = stage.order
            yield row, values


@check("extensions")
def extensions() -> Iterator[Finding]:
    """Extensions carry the name of their team."""
    return drifts(Extension.objects.all(), _of_team)


def _of_team(rows: Sequence[Extension]) -> Iterator[tuple[Extension, Values]]:
    teams = Registration.objects.in_bulk({row.registration_id for row in rows})
    for row in rows:
        if team := teams.get(row.registration_id):
            yield row, {"team_name": team.team_name}


@check("judges")
def judges() -> Iterator[Finding]:
    """Appointments and assignments carry the name of their judge."""
    yield from drifts(
        JudgeAppointment.objects.all(), lambda r: _named(r, "user_id", "full_name")
    )
    yield from drifts(
        Assignment.objects.all(), lambda r: _named(r, "judge_id", "judge_name")
    )


def _named(rows: Sequence[Any], key: str, column: str) -> Iterator[tuple[Any, Values]]:
    people = User.objects.in_bulk({getattr(row, key) for row in rows})
    for row in rows:
        if person := people.get(getattr(row, key)):
            yield row, {column: person.full_name}


@check("frozen_files")
def frozen_files() -> Iterator[Finding]:
    """Files that a version holds are frozen; no others are."""
    return drifts(SubmissionFile.objects.all(), _held_by_versions)


def _held_by_versions(
    rows: Sequence[SubmissionFile],
) -> Iterator[tuple[SubmissionFile, Values]]:
    held = _held({row.submission_id for row in rows})
    for row in rows:
        yield row, {"frozen": str(row.pk) in held}


@check("handed_in")
def handed_in() -> Iterator[Finding]:
    """The files of versions are there, with the hash that their receipt names."""
    for versions in in_batches(SubmissionVersion.objects.all()):
        keys = {file["id"] for version in versions for file in version.files}
        rows = SubmissionFile.objects.in_bulk(map(UUID, keys))
        for version in versions:
            for file in version.files:
                row = rows.get(UUID(file["id"]))
                says = row.sha256 if row else None
                if says != file["sha256"]:
                    subject = f"{name_of(version)} file {file['id']}"
                    yield Finding(subject, says, file["sha256"])


def _held(submission_ids: set[UUID]) -> set[str]:
    versions = SubmissionVersion.objects.filter(submission__in=submission_ids)
    lists = versions.values_list("files", flat=True)
    return {file["id"] for files in lists for file in files}
