"""Invitations: sent, sent again and revoked by a leader, answered by who is invited.

Whatever becomes of one is a single conditional update of its row, so of two answers
one counts. Who sends one writes the registration's row as well: a team that withdraws
or gets another leader at that moment is not asked for behind its back.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.audit import record
from accounts.models import User
from accounts.models.user import normalised_email
from accounts.workflow import (
    require_complete_profile,
    require_verified_email,
    token_digest,
)
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.outbox.workflow import enqueue
from competition_site.rules import RuleViolation
from registrations.models import Competition, Invitation, Registration
from registrations.workflow import requirements
from registrations.workflow.teams.members import join

LIFETIME = timedelta(days=7)
Status = Invitation.Status


def _registered_already() -> RuleViolation:
    return RuleViolation("already_registered")


@retry_on_conflict
@duplicates_refused({("registration_id", "email"): Conflict})
@transaction.atomic
def invite(
    registration: Registration, *, email: str, by: User, at: datetime
) -> Invitation:
    """Ask an address to join; open invitations hold no place.

    Raises RuleViolation: permission_denied (not its leader), roster_locked, team_full,
    already_registered (a member), already_exists (with the open invitation's id),
    invalid_transition.
    """
    competition = _hold_led(registration, by, at)
    address = normalised_email(email)
    invited = User.objects.with_email(address)
    _require_outside(registration, invited)
    _require_none_open(registration, address, at)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        registration=registration,
        leader_id=registration.leader_id,
        competition_slug=registration.competition_slug,
        competition_title=registration.competition_title,
        team_name=registration.team_name,
        email=address,
        digest=token_digest(token),
        expires_at=_expiry(competition, at),
    )
    record(by, "invitation.sent", invitation, registration=registration.pk)
    _mail(invitation, invited, by=by, token=token)
    return invitation


@retry_on_conflict
@transaction.atomic
def resend_invitation(invitation: Invitation, *, by: User, at: datetime) -> Invitation:
    """Mail an open invitation again with a new link and end; the link before is void.

    Raises RuleViolation: permission_denied (not its leader), invitation_not_pending,
    roster_locked, team_full, invalid_transition.
    """
    registration = Registration.objects.get(pk=invitation.registration_id)
    competition = _hold_led(registration, by, at)
    token = secrets.token_urlsafe(32)
    _change_open(
        invitation,
        at,
        digest=token_digest(token),
        expires_at=_expiry(competition, at),
    )
    record(by, "invitation.sent_again", invitation, registration=registration.pk)
    _mail(invitation, User.objects.with_email(invitation.email), by=by, token=token)
    return invitation


@retry_on_conflict
@transaction.atomic
def revoke_invitation(invitation: Invitation, *, by: User, at: datetime) -> Invitation:
    """Take an open invitation back.

    Raises RuleViolation: permission_denied (not its leader), invitation_not_pending.
    """
    invitation.refresh_from_db()
    if invitation.leader_id != by.pk:  # a hand-over writes this row too
        raise RuleViolation("permission_denied")
    _change_open(invitation, at, status=Status.REVOKED)
    record(
        by, "invitation.revoked", invitation, registration=invitation.registration_id
    )
    return invitation


def revoke_all_open(registration: Registration) -> None:
    """Nobody joins a team any more that has ended; for the verbs that end one."""
    for invitation in registration.invitations.filter(status=Status.PENDING):
        invitation.move_to(Status.REVOKED)


@retry_on_conflict
@transaction.atomic
def decline_invitation(invitation: Invitation, *, by: User, at: datetime) -> Invitation:
    """Say no to an open invitation; the leader is told.

    Raises RuleViolation: permission_denied (another's), invitation_not_pending.
    """
    _require_invited(invitation, by)
    _change_open(invitation, at, status=Status.DECLINED)
    record(
        by, "invitation.declined", invitation, registration=invitation.registration_id
    )
    leader = User.objects.get(pk=invitation.leader_id)
    enqueue(
        "invitation_declined",
        to=leader.email,
        language=leader.language,
        invitation=invitation,
    )
    return invitation


def accept_invitation(token: str, *, by: User, at: datetime) -> Registration:
    """Join a team with the token of an invitation's mail, whoever holds it.

    Raises RuleViolation: link_invalid, link_expired, and what
    :func:`accept_own_invitation` raises.
    """
    digest = token_digest(token)
    invitation = Invitation.objects.filter(digest=digest).first()
    if invitation is None:
        raise RuleViolation("link_invalid")
    if invitation.status_at(at) == Status.EXPIRED:
        raise RuleViolation("link_expired")
    return _accept(invitation, by=by, at=at, digest=digest)


def accept_own_invitation(
    invitation: Invitation, *, by: User, at: datetime
) -> Registration:
    """Join the team that invited one's own, proven address.

    Raises RuleViolation: permission_denied (another's), email_not_verified,
    profile_incomplete, invitation_not_pending, invalid_transition (the team has
    ended), roster_locked, team_full, not_eligible, already_registered.
    """
    _require_invited(invitation, by)
    return _accept(invitation, by=by, at=at)


@duplicates_refused({("competition_id", "user_id"): _registered_already})
@retry_on_conflict
@transaction.atomic
def _accept(
    invitation: Invitation, *, by: User, at: datetime, **conditions: Any
) -> Registration:
    require_verified_email(by)
    require_complete_profile(by)
    _change_open(invitation, at, conditions, status=Status.ACCEPTED, accepted_by=by)
    registration = Registration.objects.get(pk=invitation.registration_id)
    join(registration, by, at)
    record(by, "invitation.accepted", invitation, registration=registration.pk)
    leader = User.objects.get(pk=registration.leader_id)
    enqueue(
        "member_joined",
        to=leader.email,
        language=leader.language,
        registration=registration,
        member=by.full_name,
    )
    return registration


def _hold_led(registration: Registration, by: User, at: datetime) -> Competition:
    """The competition of a team that ``by`` leads and that somebody may still join.

    Keeps the registration's row for this transaction, so that it stays so.
    """
    Registration.objects.filter(pk=registration.pk).update(updated_at=at)
    registration.read_again()
    if not registration.is_led_by(by):
        raise RuleViolation("permission_denied")
    competition = Competition.objects.get(pk=registration.competition_id)
    requirements.require_joinable(registration, competition, at)
    return competition


def _expiry(competition: Competition, at: datetime) -> datetime:
    lock: datetime = competition.roster_locks_at or competition.registration_closes_at
    return min(at + LIFETIME, lock)


def _require_outside(registration: Registration, invited: User | None) -> None:
    if invited is not None and registration.has_member(invited):
        raise RuleViolation("already_registered")


def _require_none_open(registration: Registration, address: str, at: datetime) -> None:
    """Close an invitation that has run out; refuse beside one that has not."""
    pending = registration.invitations.filter(email=address, status=Status.PENDING)
    pending.filter(expires_at__lte=at).update(status=Status.EXPIRED, updated_at=at)
    held = pending.first()
    if held is not None:
        raise RuleViolation("already_exists", id=held.pk)


def _require_invited(invitation: Invitation, by: User) -> None:
    if not invitation.is_for(by):
        raise RuleViolation("permission_denied")


def _change_open(
    invitation: Invitation,
    at: datetime,
    conditions: dict[str, Any] | None = None,
    **fields: Any,
) -> None:
    """Change an invitation as long as it is open.

    Raises RuleViolation: invitation_not_pending.
    """
    is_open = {"status": Status.PENDING, "expires_at__gt": at, **(conditions or {})}
    if not invitation.change_where(is_open, **fields):
        raise RuleViolation("invitation_not_pending")


def _mail(
    invitation: Invitation, invited: User | None, *, by: User, token: str
) -> None:
    """One mail whether or not the address has an account."""
    enqueue(
        "invitation",
        to=invitation.email,
        language=invited.language if invited else by.language,
        invitation=invitation,
        invited_by=by.full_name,
        token=token,
    )
