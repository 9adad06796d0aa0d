"""Competitions: created, changed and published by organisers."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import retry_on_conflict
from competition_site.rules import RuleViolation, Text
from registrations.models import (
    Competition,
    Document,
    InstitutionQuota,
    Invitation,
    Registration,
)
from registrations.workflow import eligibility
from registrations.workflow.competitions.soundness import require_sound

Changes = dict[str, Any]

FROZEN_ONCE_REGISTERED = frozenset(
    {
        "questions",
        "required_documents",
        "team_size_min",
        "team_size_max",
        "seat_policy",
    }
)
"""What teams have registered under does not change below them.

The fee may: what a team owes is copied to it when it submits, so that another fee is
for later teams, as an early price is.
"""
_DERIVED = ("questions", "title_key", "eligibility")


def slug_taken() -> RuleViolation:
    text = _("Another competition has this slug.")
    return RuleViolation("already_exists", text, errors={"slug": [text]})


@duplicates_refused({("slug",): slug_taken})
@retry_on_conflict
@transaction.atomic
def create_competition(*, by: User, **fields: Any) -> Competition:
    """Create a draft. Raises RuleViolation: validation_error, already_exists."""
    competition = Competition(**fields)
    require_sound(competition)
    eligibility.hold_institutions(competition.eligibility["institutions"])
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
    teams registered under, or a draft again while there are teams), stale_version,
    not_found.
    """
    competition.read_again()
    changed = {n: v for n, v in fields.items() if getattr(competition, n) != v}
    target = status if status != competition.status else None
    for name, value in changed.items():
        setattr(competition, name, value)
    require_sound(competition)
    if changed or target == Competition.Status.DRAFT:
        _store(competition, changed, target, if_version)
    if target is not None:
        competition.move_to(target)
        record(by, f"competition.{target}", competition)
    if changed:
        record(by, "competition.changed", competition, fields=", ".join(changed))
    return competition


def _store(
    competition: Competition,
    changed: Changes,
    target: str | None,
    if_version: int | None,
) -> None:
    """Write what changed on conditions that nobody can take away meanwhile."""
    stored = {**changed, **{name: getattr(competition, name) for name in _DERIVED}}
    frozen = FROZEN_ONCE_REGISTERED & changed.keys()
    conditions: Changes = {} if if_version is None else {"version": if_version}
    if frozen or target == Competition.Status.DRAFT:
        conditions["registered"] = False
    if stored.get("capacity") is not None:
        conditions["seats_taken__lte"] = stored["capacity"]
    if not competition.change_where(conditions, **stored):
        raise _refusal(competition, conditions, frozen)
    _follow(competition, changed)


def _follow(competition: Competition, changed: Changes) -> None:
    """What hangs together with a change, in other rows."""
    if "eligibility" in changed:
        eligibility.hold_institutions(competition.eligibility["institutions"])
    if changed.get("institution_quota") is not None:
        _require_quota_kept(competition)
    if "title" in changed:
        _copy_title(competition)


def _refusal(
    competition: Competition, conditions: Changes, frozen: frozenset[str]
) -> RuleViolation:
    """Which condition the row, as it is now, didn't meet."""
    if competition.version != conditions.get("version", competition.version):
        return RuleViolation("stale_version")
    if competition.registered and "registered" in conditions:
        text = _("Teams have registered under this already.")
        return RuleViolation(
            "in_use", text, errors={field: [text] for field in sorted(frozen)}
        )
    return _taken_already("capacity")


def _require_quota_kept(competition: Competition) -> None:
    """No institution holds more places than the new quota gives it.

    Whoever takes a place writes the competition's row, as the change did before it
    came here: no place is taken between this look and the end of the transaction.
    """
    over = InstitutionQuota.objects.filter(
        competition=competition, seats_taken__gt=competition.institution_quota
    )
    if over.exists():
        raise _taken_already("institution_quota")


def _taken_already(field: str) -> RuleViolation:
    text: Text = _("More places than this are taken already.")
    return RuleViolation("validation_error", errors={field: [text]})


def _copy_title(competition: Competition) -> None:
    """Lists show the title without a join, so its copies change with it."""
    title = {"competition_title": competition.title}
    Registration.objects.filter(competition=competition).update(**title)
    of_competition = Registration.objects.filter(competition=competition)
    ids = list(of_competition.values_list("pk", flat=True))
    for model in (Invitation, Document):
        model._default_manager.filter(registration__in=ids).update(**title)


@retry_on_conflict
@transaction.atomic
def publish_stages(competition: Competition, stages: list[dict[str, Any]]) -> None:
    """Store the public shape of the stages, which is read with the competition."""
    competition.change(stages=stages)
