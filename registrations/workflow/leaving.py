"""Teams that leave for good: withdrawn, disqualified, or out of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from registrations.models import Competition, Membership, Registration
from registrations.workflow import payments, waitlist
from registrations.workflow.cases import (
    Case,
    case_of,
    impossible,
    require_leader,
    require_organiser,
    require_status,
)
from registrations.workflow.notices import tell_team
from registrations.workflow.teams.invitations import revoke_all_open
from registrations.workflow.transitions import transition

Status = Registration.Status
Payment = Registration.PaymentStatus

Follower = Callable[[Registration], None]
_followers: dict[Follower, None] = {}  # an ordered set


def follow(callback: Follower) -> Follower:
    """Have a function called in the transaction in which a team leaves.

    For the apps above, whose rows of the team end with it. The registration that it is
    given shows why: its status is withdrawn, expired or disqualified.
    """
    _followers[callback] = None
    return callback


def require_withdraw(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition."""
    require_leader(case)
    require_status(case, *Registration.ACTIVE)
    end = case.competition.withdrawal_closes_at or case.competition.ends_at
    if case.at >= end:
        text = _("Teams can no longer withdraw; please write to the organisers.")
        raise impossible(case.registration, text)


def require_disqualify(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition."""
    require_organiser(case)
    require_status(case, *Registration.ACTIVE)


def require_delete(case: Case) -> None:
    """Raises RuleViolation: permission_denied, invalid_transition (no draft)."""
    require_leader(case)
    require_status(case, Status.DRAFT)


@transition
def withdraw(registration: Registration, *, by: User, at: datetime) -> None:
    """Take the team out, by its leader; its members may enter anew.

    Raises RuleViolation: permission_denied, invalid_transition (also when it is too
    late by the competition's rule).
    """
    case = case_of(registration, by=by, at=at)
    require_withdraw(case)
    _leave(case, Status.WITHDRAWN, "registration_withdrawn")


@transition
def withdraw_leaderless(registration: Registration, *, at: datetime) -> None:
    """Take out a team whose last account is closed. Raises invalid_transition."""
    case = case_of(registration, by=None, at=at)
    require_status(case, *Registration.ACTIVE)
    _leave(case, Status.WITHDRAWN, "registration_withdrawn")


@transition
def disqualify(
    registration: Registration, *, note: str, by: User, at: datetime
) -> None:
    """Take the team out, by staff; its members keep their one place.

    Raises RuleViolation: permission_denied, invalid_transition.
    """
    case = case_of(registration, by=by, at=at)
    require_disqualify(case)
    _leave(case, Status.DISQUALIFIED, "registration_disqualified", note=note)


@transition
def delete_draft(
    registration: Registration,
    *,
    by: User,
    at: datetime,
    if_version: int | None = None,
) -> None:
    """Undo a draft with all that hangs on it, files included.

    Raises RuleViolation: permission_denied, invalid_transition, stale_version.
    """
    case = case_of(registration, by=by, at=at)
    require_delete(case)
    registration.change(if_version=if_version)  # the row is ours in this transaction
    keys = [document.storage_key for document in case.documents]
    record(by, "registration.deleted", registration)
    registration.delete()
    transaction.on_commit(partial(_delete_files, keys))


def _delete_files(keys: Iterable[str]) -> None:
    for key in keys:
        default_storage.delete(key)


def due_offers(at: datetime) -> QuerySet[Registration]:
    """The offers that have run out."""
    return Registration.objects.filter(status=Status.OFFERED, offer_expires_at__lte=at)


@transition
def expire_offer(registration: Registration, *, at: datetime) -> bool:
    """End a team whose offer has run out; false where it hasn't (any more)."""
    case = case_of(registration, by=None, at=at)
    offered = registration.status == Status.OFFERED
    if not offered or not waitlist.has_run_out(registration, at):
        return False
    _leave(case, Status.EXPIRED, "offer_expired")
    return True


def due_unpaid(at: datetime) -> QuerySet[Registration]:
    """The teams whose time to pay is over."""
    return Registration.objects.filter(
        status__in=payments.TIMED,
        payment_status=Payment.AWAITING,
        payment_due_at__lte=at,
    )


@transition
def expire_unpaid(registration: Registration, *, at: datetime) -> bool:
    """End a team that hasn't paid in time; false where it has, or has more time."""
    case = case_of(registration, by=None, at=at)
    awaiting = registration.payment_status == Payment.AWAITING
    if not awaiting or not payments.is_overdue(registration, at):
        return False
    _leave(case, Status.EXPIRED, "payment_expired")
    return True


def due_drafts(at: datetime) -> QuerySet[Registration]:
    """The drafts of competitions whose registration has closed."""
    closed = Competition.objects.filter(registration_closes_at__lte=at)
    return Registration.objects.filter(
        status=Status.DRAFT, competition__in=list(closed.values_list("pk", flat=True))
    )


@transition
def expire_draft(registration: Registration, *, at: datetime) -> bool:
    """End a draft that can't be submitted any more; false where it still can."""
    case = case_of(registration, by=None, at=at)
    drafted = registration.status == Status.DRAFT
    if not drafted or at < case.competition.registration_closes_at:
        return False
    _leave(case, Status.EXPIRED, "draft_expired")
    return True


def _leave(case: Case, target: str, mail: str, *, note: str = "") -> None:
    """End a team, with what hangs on it, and let the next one have its place."""
    registration, before = case.registration, case.registration.status
    held_seat = registration.seat_taken
    registration.move_to(
        target,
        only_from=[before],
        seat_taken=False,
        offer_expires_at=None,
        note=note,
        **payments.closing(registration),
    )
    revoke_all_open(registration)
    if target not in Registration.HOLDING:
        _free_members(registration, case.at)
    record(case.by, f"registration.{target}", registration, **{"from": before})
    tell_team(registration, mail)
    for follower in _followers:
        follower(registration)
    if before == Status.WAITLISTED:
        waitlist.lengthen(registration, -1)
    if held_seat:
        waitlist.pass_on(registration, case.at)


def _free_members(registration: Registration, at: datetime) -> None:
    """Let its people enter the competition anew; they still see what has ended."""
    members = Membership.objects.filter(registration=registration, active=True)
    members.update(active=False, updated_at=at)
