"""Stages: made and changed by organisers, copied to the competition's public row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from competition_site.clock import iso, now
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import retry_on_conflict
from competition_site.files.content import EXTENSIONS
from competition_site.rules import RuleViolation, Text
from registrations.models import Competition, Registration
from registrations.workflow import publish_stages
from submissions.models import (
    Assignment,
    Criterion,
    Extension,
    ResultSnapshot,
    Stage,
    Submission,
)
from submissions.workflow.links import hosts_error

_TIMES = (
    "opens_at",
    "closes_at",
    "grace_minutes",
    "late_policy",
    "late_until",
    "paused",
)
"""What decides over deadlines: the audit trail keeps what it was before."""


def _order_taken() -> RuleViolation:
    text = _("Another stage has this order.")
    return RuleViolation("already_exists", text, errors={"order": [text]})


@duplicates_refused({("competition_id", "order"): _order_taken})
@retry_on_conflict
@transaction.atomic
def create_stage(competition: Competition, *, by: User, **fields: Any) -> Stage:
    """Add a stage. Raises RuleViolation: validation_error, already_exists."""
    stage = Stage(competition=competition, **fields)
    require_sound(stage)
    stage.save(force_insert=True)
    _publish(stage.competition_id)
    record(by, "stage.created", stage, competition=competition.slug)
    return stage


@duplicates_refused({("competition_id", "order"): _order_taken})
@retry_on_conflict
@transaction.atomic
def change_stage(
    stage: Stage, *, by: User, if_version: int | None = None, **fields: Any
) -> Stage:
    """Change a stage; where a deadline moves, the trail keeps it old and new.

    Raises RuleViolation: validation_error, stale_version, already_exists.
    """
    stage.refresh_from_db()
    before = {name: getattr(stage, name) for name in _TIMES}
    for name, value in fields.items():
        setattr(stage, name, value)
    require_sound(stage)
    stage.change(if_version=if_version, **fields)
    if "name" in fields:
        for model in (Submission, Assignment, Extension):
            model._default_manager.filter(stage=stage).update(stage_name=stage.name)
    if fields.keys() & {"name", "order"}:
        ResultSnapshot.objects.filter(stage=stage).update(
            stage_name=stage.name, stage_order=stage.order
        )
    _publish(stage.competition_id)
    moved = {
        name: f"{_plain(before[name])} → {_plain(getattr(stage, name))}"
        for name in _TIMES
        if before[name] != getattr(stage, name)
    }
    record(by, "stage.changed", stage, fields=", ".join(sorted(fields)), **moved)
    return stage


@retry_on_conflict
@transaction.atomic
def delete_stage(stage: Stage, *, by: User, if_version: int | None = None) -> None:
    """Delete a stage and its rubric, while nothing else hangs on it.

    Raises RuleViolation: in_use, stale_version, not_found.
    """
    if not stage.change_where({} if if_version is None else {"version": if_version}):
        raise RuleViolation("stale_version")
    _hold_teams(stage)
    if any(
        model._default_manager.filter(stage=stage).exists()
        for model in (Submission, Extension, ResultSnapshot)
    ):
        raise RuleViolation("in_use")
    record(by, "stage.deleted", stage, name=stage.name, order=stage.order)
    Criterion.objects.filter(stage=stage).delete()
    # Not the instance, which would forget its key, and the retry needs it.
    Stage.objects.filter(pk=stage.pk).delete()
    _publish(stage.competition_id)


def _hold_teams(stage: Stage) -> None:
    """Keep the rows of all teams for this transaction.

    Whoever begins work writes their team's row as well. MongoDB knows no foreign keys
    and lets two transactions pass that only read what the other writes; so of a
    deletion and a first draft at once, the second starts again and sees.
    """
    teams = Registration.objects.filter(competition=stage.competition_id)
    teams.update(updated_at=now())


def _plain(value: Any) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)


def publish_rubric(stage: Stage) -> None:
    """Copy the criteria to the stage, and with it to the competition."""
    rows = Criterion.objects.filter(stage=stage).order_by("id")
    stage.change(criteria=[row.public_shape for row in rows])
    _publish(stage.competition_id)


def _publish(competition_id: Any) -> None:
    competition = Competition(pk=competition_id).read_again()
    rows = Stage.objects.filter(competition=competition).order_by("order", "id")
    publish_stages(competition, [public_shape(row) for row in rows])


def public_shape(stage: Stage) -> dict[str, Any]:
    """The stage as anybody sees it, in the plain values that a competition stores."""
    return {
        "id": str(stage.pk),
        "name": stage.name,
        "order": stage.order,
        "opens_at": iso(stage.opens_at),
        "closes_at": iso(stage.closes_at),
        "grace_minutes": stage.grace_minutes,
        "late_policy": str(stage.late_policy),
        "late_until": iso(stage.late_until) if stage.late_until else None,
        "paused": stage.paused,
        "accepts": {
            "files": stage.accepts_files,
            "link": stage.accepts_link,
            "text": stage.accepts_text,
        },
        "allowed_types": stage.allowed_types,
        "max_file_bytes": stage.max_file_bytes,
        "max_files": stage.max_files,
        "max_versions": stage.max_versions,
        "blind": stage.blind,
        "judging_opens_at": (
            iso(stage.judging_opens_at) if stage.judging_opens_at else None
        ),
        "judging_closes_at": (
            iso(stage.judging_closes_at) if stage.judging_closes_at else None
        ),
        "criteria": stage.criteria,
    }


def require_sound(stage: Stage) -> None:
    """Raises RuleViolation("validation_error") where fields contradict each other."""
    if errors := soundness_errors(stage):
        raise RuleViolation("validation_error", errors=errors)


def soundness_errors(stage: Stage) -> dict[str, list[Text]]:
    """Which fields contradict each other, and why; the admin's form asks too."""
    known = {"known": ", ".join(EXTENSIONS)}
    takes_nothing = not (
        stage.accepts_files or stage.accepts_link or stage.accepts_text
    )
    rules: tuple[tuple[bool, str, Text], ...] = (
        (
            stage.closes_at <= stage.opens_at,
            "closes_at",
            _("This is before the stage opens."),
        ),
        (
            stage.late_until is not None and stage.late_until <= stage.closes_at,
            "late_until",
            _("This is before the stage closes."),
        ),
        (takes_nothing, "accepts", _("A stage accepts files, a link or a text.")),
        (
            _is_before(stage.judging_closes_at, stage.judging_opens_at),
            "judging_closes_at",
            _("This is before judging opens."),
        ),
        (
            not _are_types(stage.allowed_types),
            "allowed_types",
            _("Choose from: %(known)s.") % known,
        ),
    )
    errors = {field: [text] for broken, field, text in rules if broken}
    if error := hosts_error(stage.link_hosts):
        errors["link_hosts"] = [error]
    return errors


def _is_before(end: datetime | None, start: datetime | None) -> bool:
    return end is not None and start is not None and end <= start


def _are_types(types: Any) -> bool:
    return isinstance(types, list) and all(
        isinstance(t, str) and t in EXTENSIONS for t in types
    )
