"""A team's entry: created, edited and submitted by its leader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from accounts.workflow import hold_open_account, require_verified_email
from competition_site.clock import now
from competition_site.db.constraints import duplicates_refused
from competition_site.db.text import folded
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.rules import RuleViolation, Text
from registrations.models import Competition, Membership, Registration
from registrations.questions import require_fitting
from registrations.workflow import eligibility, requirements, roster
from registrations.workflow.cases import (
    Case,
    case_of,
    impossible,
    require_leader,
    require_status,
)
from registrations.workflow.competitions.removal import note_registration
from registrations.workflow.judges import require_no_judge
from registrations.workflow.submitting import submit_case
from registrations.workflow.transitions import transition

Status = Registration.Status

Follower = Callable[[Registration], None]
_renaming_followers: dict[Follower, None] = {}  # an ordered set


def follow_renaming(callback: Follower) -> Follower:
    """Have a function called in the transaction in which a team gets another name.

    For the apps above, whose rows carry a copy of it.
    """
    _renaming_followers[callback] = None
    return callback


def _name_taken() -> RuleViolation:
    return RuleViolation("team_name_taken")


def _registered_already() -> RuleViolation:
    return RuleViolation("already_registered")


@duplicates_refused(
    {
        ("competition_id", "team_name_key"): _name_taken,
        ("competition_id", "user_id"): _registered_already,
    }
)
@transition
def create(
    competition: Competition,
    *,
    leader: User,
    team_name: str,
    at: datetime,
    answers: Mapping[str, Any] | None = None,
    submit_now: bool = False,
) -> Registration:
    """Enter a competition with a team of one; with ``submit_now`` submit it as well.

    Raises RuleViolation: token_revoked (the account was closed meanwhile),
    email_not_verified, registration_not_open, not_eligible (its conditions, or a judge
    of it), validation_error, already_registered, team_name_taken, not_found (it was
    deleted), and what :func:`submit_case` raises.
    """
    if not hold_open_account(leader):
        raise RuleViolation("token_revoked")
    require_verified_email(leader)
    competition.read_again()
    requirements.require_open(competition, at)
    require_no_judge(competition.pk, leader)
    eligibility.require(competition, [leader], team_institution=leader.institution_id)
    require_fitting(competition.questions, answers or {})
    role = Membership.Role.LEADER
    registration = Registration.objects.create(
        competition=competition,
        competition_slug=competition.slug,
        competition_title=competition.title,
        team_name=team_name,
        team_name_key=folded(team_name),
        leader=leader,
        institution_id=leader.institution_id,
        roster=[roster.entry(leader, role, at)],
        members_count=1,
        roster_complete=roster.is_complete(1, competition),
        documents_complete=not requirements.kinds_to_verify(competition),
        answers=list((answers or {}).items()),
    )
    roster.enrol(registration, leader, role, at)
    record(leader, "registration.created", registration)
    if submit_now:
        submit_case(Case(registration, competition, leader, at))
    note_registration(competition)
    return registration


def require_edit(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition (nothing is open)."""
    require_leader(case)
    require_status(case, Status.DRAFT, Status.CHANGES_REQUESTED)
    if case.registration.status != Status.DRAFT and not _named(case.registration):
        raise impossible(case.registration, _("No field is asked to be changed."))


def _named(registration: Registration) -> set[str]:
    """The fields that staff asked to be changed."""
    return {name for name, _why in registration.fields_to_change}


@duplicates_refused({("competition_id", "team_name_key"): _name_taken})
@retry_on_conflict
@transaction.atomic
def edit(
    registration: Registration,
    *,
    by: User,
    if_version: int | None = None,
    **written: Any,
) -> Registration:
    """Change ``team_name`` or ``answers``: of a draft all, else what staff named.

    A draft's answers are replaced; those that were asked to be changed are put in
    their place among the others.
    Raises RuleViolation: permission_denied, invalid_transition, validation_error,
    team_name_taken, stale_version.
    """
    case = case_of(registration, by=by, at=now())
    require_edit(case)
    answers = written.get("answers")
    if answers is not None:
        require_fitting(case.competition.questions, answers)
    if registration.status == Status.CHANGES_REQUESTED:
        written = _within_request(registration, written)
    fields = _columns(**written)
    conditions: dict[str, Any] = {"status": registration.status}
    if if_version is not None:
        conditions["version"] = if_version
    renamed = written.get("team_name", registration.team_name) != registration.team_name
    if not registration.change_where(conditions, **fields):
        raise Conflict if if_version is None else RuleViolation("stale_version")
    if renamed:
        _rename(registration)
    record(by, "registration.edited", registration, fields=", ".join(fields))
    return registration


def _columns(
    *, team_name: str | None = None, answers: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if team_name is not None:
        columns |= {"team_name": team_name, "team_name_key": folded(team_name)}
    if answers is not None:
        columns["answers"] = list(answers.items())
    return columns


def _within_request(
    registration: Registration, written: Mapping[str, Any]
) -> dict[str, Any]:
    """What is written, checked against what staff named; the same again is no change.

    Raises RuleViolation("validation_error") naming the fields that aren't open.
    """
    held = registration.answers_by_key
    answers = written.get("answers") or {}
    changed = {f"answers.{k}" for k, v in answers.items() if held.get(k) != v}
    if written.get("team_name", registration.team_name) != registration.team_name:
        changed.add("team_name")
    closed = changed - _named(registration)
    if closed:
        text: Text = _("This is not among what is to be changed.")
        errors = {name: [text] for name in sorted(closed)}
        raise RuleViolation("validation_error", errors=errors)
    return {**written, "answers": {**held, **answers}}


def _rename(registration: Registration) -> None:
    """Copies of the name follow, also those of the apps above."""
    name = {"team_name": registration.team_name}
    registration.invitations.update(**name)
    registration.documents.update(**name)
    for follower in _renaming_followers:
        follower(registration)
