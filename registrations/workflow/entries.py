"""A team's entry: created, edited and submitted by its leader, approved by staff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.models import User
from accounts.workflow import require_verified_email
from competition_site.db.constraints import duplicates_refused
from competition_site.db.text import folded
from competition_site.db.transactions import retry_on_conflict
from competition_site.outbox.workflow import enqueue
from competition_site.rules import RuleViolation
from registrations.models import Competition, Membership, Registration
from registrations.questions import require_fitting
from registrations.workflow import eligibility, requirements, roster, seats
from registrations.workflow.competitions.removal import count_registration
from registrations.workflow.judges import require_no_judge

Status = Registration.Status
Payment = Registration.PaymentStatus


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
@retry_on_conflict
@transaction.atomic
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

    Raises RuleViolation: email_not_verified, registration_not_open, not_eligible (a
    judge of this competition), validation_error, already_registered,
    team_name_taken, and what :func:`submit` raises.
    """
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
        documents_complete=not competition.required_documents,
        answers=list((answers or {}).items()),
    )
    roster.enrol(registration, leader, role, at)
    record(leader, "registration.created", registration)
    if submit_now:
        submit(registration, by=leader, at=at)
    count_registration(competition)
    return registration


@duplicates_refused({("competition_id", "team_name_key"): _name_taken})
@retry_on_conflict
@transaction.atomic
def edit(
    registration: Registration,
    *,
    by: User,
    if_version: int | None = None,
    team_name: str | None = None,
    answers: Mapping[str, Any] | None = None,
) -> Registration:
    """Change a draft.

    Raises RuleViolation: invalid_transition (no draft), validation_error,
    team_name_taken, stale_version.
    """
    fields: dict[str, Any] = {}
    if team_name is not None:
        fields |= {"team_name": team_name, "team_name_key": folded(team_name)}
    if answers is not None:
        require_fitting(registration.competition.questions, answers)
        fields["answers"] = list(answers.items())
    conditions: dict[str, Any] = {"status": Status.DRAFT}
    if if_version is not None:
        conditions["version"] = if_version
    if not registration.change_where(conditions, **fields):
        stale = registration.status == Status.DRAFT
        raise RuleViolation("stale_version" if stale else "invalid_transition")
    if team_name is not None:
        registration.invitations.update(team_name=team_name)
        registration.documents.update(team_name=team_name)
    record(by, "registration.edited", registration, fields=", ".join(fields))
    return registration


@retry_on_conflict
@transaction.atomic
def submit(registration: Registration, *, by: User, at: datetime) -> Registration:
    """Hand a complete draft to the organisers, and take its seat if that is the policy.

    Raises RuleViolation: invalid_transition, registration_not_open,
    profile_incomplete, team_too_small, answers_incomplete, documents_missing,
    competition_full.
    """
    registration.refresh_from_db()
    competition = Competition.objects.get(pk=registration.competition_id)
    documents = list(registration.documents.all())
    requirements.require_submittable(registration, competition, documents, by=by, at=at)
    registration.move_to(
        Status.SUBMITTED,
        submitted_at=at,
        amount_due=competition.fee,
        payment_status=Payment.AWAITING if competition.fee else Payment.NOT_REQUIRED,
    )
    record(by, "registration.submitted", registration)
    enqueue(
        "registration_submitted",
        to=by.email,
        language=by.language,
        registration=registration,
    )
    if competition.seat_policy == Competition.SeatPolicy.ON_SUBMIT:
        seats.take(registration)
    return registration


@retry_on_conflict
@transaction.atomic
def approve(registration: Registration, *, by: User) -> Registration:
    """Accept a submitted team, and take its seat if it has none yet.

    Raises RuleViolation: invalid_transition, team_too_small, competition_full.
    """
    registration.refresh_from_db()
    competition = Competition.objects.get(pk=registration.competition_id)
    requirements.require_approvable(registration, competition)
    registration.move_to(Status.APPROVED)
    record(by, "registration.approved", registration)
    leader = User.objects.get(pk=registration.leader_id)
    enqueue(
        "registration_approved",
        to=leader.email,
        language=leader.language,
        registration=registration,
    )
    seats.take(registration)
    return registration
