"""Competitions: created, changed and published by organisers."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from competition_site.db.constraints import duplicates_refused
from competition_site.db.text import folded
from competition_site.db.transactions import retry_on_conflict
from competition_site.rules import RuleViolation, Text
from registrations.models import Competition, Document, Invitation, Registration
from registrations.questions import MAXIMUM_QUESTIONS, completed, question_error

FROZEN_ONCE_REGISTERED = frozenset(
    {"questions", "required_documents", "team_size_min", "team_size_max"}
)
"""What teams have registered under does not change below them."""


def _slug_taken() -> RuleViolation:
    text = _("Another competition has this slug.")
    return RuleViolation("already_exists", text, errors={"slug": [text]})


@duplicates_refused({("slug",): _slug_taken})
@retry_on_conflict
@transaction.atomic
def create_competition(*, by: User, **fields: Any) -> Competition:
    """Create a draft. Raises RuleViolation: validation_error, already_exists."""
    competition = Competition(**fields)
    require_sound(competition)
    competition.save(force_insert=True)
    record(by, "competition.created", competition)
    return competition


@retry_on_conflict
@transaction.atomic
def change_competition(
    competition: Competition,
    *,
    by: User,
    if_version: int | None = None,
    status: str | None = None,
    **fields: Any,
) -> Competition:
    """Change a competition, its status included.

    Raises RuleViolation: validation_error, invalid_transition, in_use (a rule that
    teams registered under), stale_version.
    """
    competition.refresh_from_db()
    changed = {n: v for n, v in fields.items() if getattr(competition, n) != v}
    _require_unfrozen(competition, changed)
    for name, value in changed.items():
        setattr(competition, name, value)
    require_sound(competition)
    if changed:
        _store(competition, changed, if_version)
    if status is not None and status != competition.status:
        competition.move_to(status)
        record(by, f"competition.{status}", competition)
    if changed:
        record(by, "competition.changed", competition, fields=", ".join(changed))
    return competition


def _store(
    competition: Competition, changed: dict[str, Any], if_version: int | None
) -> None:
    stored = dict(changed)
    for derived in ("questions", "title_key"):
        stored[derived] = getattr(competition, derived)
    conditions: dict[str, Any] = {} if if_version is None else {"version": if_version}
    if stored.get("capacity") is not None:
        conditions["seats_taken__lte"] = stored["capacity"]
    if not competition.change_where(conditions, **stored):
        if if_version is not None and competition.version != if_version:
            raise RuleViolation("stale_version")
        text = _("More places than this are taken already.")
        raise RuleViolation("validation_error", errors={"capacity": [text]})
    if "title" in changed:
        _copy_title(competition)


def _copy_title(competition: Competition) -> None:
    """Lists show the title without a join, so its copies change with it."""
    title = {"competition_title": competition.title}
    Registration.objects.filter(competition=competition).update(**title)
    of_competition = Registration.objects.filter(competition=competition)
    ids = list(of_competition.values_list("pk", flat=True))
    for model in (Invitation, Document):
        model._default_manager.filter(registration__in=ids).update(**title)


def _require_unfrozen(competition: Competition, changed: dict[str, Any]) -> None:
    frozen = FROZEN_ONCE_REGISTERED & changed.keys()
    if frozen and Registration.objects.filter(competition=competition).exists():
        text = _("Teams have registered under this already.")
        raise RuleViolation(
            "in_use", errors={field: [text] for field in sorted(frozen)}
        )


@retry_on_conflict
@transaction.atomic
def publish_stages(competition: Competition, stages: list[dict[str, Any]]) -> None:
    """Store the public shape of the stages, which is read with the competition."""
    competition.change(stages=stages)


def require_sound(competition: Competition) -> None:
    """Raises RuleViolation("validation_error") where fields contradict each other."""
    competition.title_key = folded(competition.title)
    errors = soundness_errors(competition)
    if errors:
        raise RuleViolation("validation_error", errors=errors)
    competition.questions = [completed(q) for q in competition.questions]


def soundness_errors(competition: Competition) -> dict[str, list[Text]]:
    """Which fields contradict each other, and why; the admin's form asks too."""
    opens, closes = (
        competition.registration_opens_at,
        competition.registration_closes_at,
    )
    starts, ends = competition.starts_at, competition.ends_at
    rules: tuple[tuple[bool, str, Text], ...] = (
        (closes > opens, "registration_closes_at", _("It closes before it opens.")),
        (ends > starts, "ends_at", _("It ends before it starts.")),
        (ends >= closes, "ends_at", _("It ends before registration closes.")),
        (
            competition.team_size_max >= competition.team_size_min,
            "team_size_max",
            _("This is less than the smallest team."),
        ),
        (
            _are_kinds(competition.required_documents),
            "required_documents",
            _("This is a list of document kinds."),
        ),
    )
    errors = {field: [text] for holds, field, text in rules if not holds}
    if error := _questions_error(competition.questions):
        errors["questions"] = [error]
    return errors


def _questions_error(questions: Any) -> Text | None:
    if not isinstance(questions, list) or len(questions) > MAXIMUM_QUESTIONS:
        return _("This is a list of at most 50 questions.")
    for question in questions:
        if error := question_error(question):
            return error
    keys = [question["key"] for question in questions]
    return (
        None if len(set(keys)) == len(keys) else _("Two questions have the same key.")
    )


def _are_kinds(kinds: Any) -> bool:
    return (
        isinstance(kinds, list)
        and all(isinstance(k, str) and k in Document.Kind.values for k in kinds)
        and len(set(kinds)) == len(kinds)
    )
