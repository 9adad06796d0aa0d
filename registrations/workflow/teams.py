"""Teams by consent: a leader invites, the invited person accepts."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

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
from registrations.models import Competition, Invitation, Membership, Registration
from registrations.workflow import requirements, roster
from registrations.workflow.judges import require_no_judge

INVITATION_LIFETIME = timedelta(days=7)
Status = Invitation.Status


def _open_already() -> RuleViolation:
    return RuleViolation("already_exists")


def _registered_already() -> RuleViolation:
    return RuleViolation("already_registered")


@duplicates_refused({("registration_id", "email"): _open_already})
@retry_on_conflict
@transaction.atomic
def invite(
    registration: Registration, *, email: str, by: User, at: datetime
) -> Invitation:
    """Ask an address to join; open invitations hold no place.

    Raises RuleViolation: roster_locked, team_full, already_registered (a member),
    already_exists (with the open invitation's id), invalid_transition.
    """
    registration.refresh_from_db()
    competition = Competition.objects.get(pk=registration.competition_id)
    requirements.require_joinable(registration, competition, at)
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
    enqueue(
        "invitation",
        to=address,
        language=invited.language if invited else by.language,
        invitation=invitation,
        invited_by=by.full_name,
        token=token,
    )
    return invitation


def _expiry(competition: Competition, at: datetime) -> datetime:
    lock: datetime = competition.roster_locks_at or competition.registration_closes_at
    return min(at + INVITATION_LIFETIME, lock)


def _require_outside(registration: Registration, invited: User | None) -> None:
    if invited is not None and registration.has_member(invited):
        raise RuleViolation("already_registered")


def _require_none_open(registration: Registration, address: str, at: datetime) -> None:
    """Close an invitation that has run out; refuse beside one that has not."""
    pending = registration.invitations.filter(email=address, status=Status.PENDING)
    pending.filter(expires_at__lte=at).update(status=Status.EXPIRED)
    held = pending.first()
    if held is not None:
        raise RuleViolation("already_exists", id=held.pk)


@duplicates_refused({("competition_id", "user_id"): _registered_already})
@retry_on_conflict
@transaction.atomic
def accept_invitation(token: str, *, by: User, at: datetime) -> Registration:
    """Join a team with the token of an invitation's mail.

    Raises RuleViolation: link_invalid, link_expired, invitation_not_pending,
    email_not_verified, profile_incomplete, roster_locked, team_full, not_eligible,
    already_registered.
    """
    invitation = Invitation.objects.filter(digest=token_digest(token)).first()
    if invitation is None:
        raise RuleViolation("link_invalid")
    if invitation.status_at(at) == Status.EXPIRED:
        raise RuleViolation("link_expired")
    require_verified_email(by)
    require_complete_profile(by)
    pending = {"status": Status.PENDING}
    if not invitation.change_where(pending, status=Status.ACCEPTED, accepted_by=by):
        raise RuleViolation("invitation_not_pending")
    registration = Registration.objects.get(pk=invitation.registration_id)
    _join(registration, by, at)
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


def _join(registration: Registration, user: User, at: datetime) -> None:
    competition = Competition.objects.get(pk=registration.competition_id)
    requirements.require_joinable(registration, competition, at)
    require_no_judge(competition.pk, user)
    role = Membership.Role.MEMBER
    roster.enrol(registration, user, role, at)
    registration.roster = [*registration.roster, roster.entry(user, role, at)]
    count = registration.members_count + 1
    joined = registration.change_where(
        {"version": registration.version},
        roster=registration.roster,
        members_count=F("members_count") + 1,
        roster_complete=roster.is_complete(count, competition),
        documents_complete=requirements.documents_are_complete(
            registration, competition, registration.documents.all()
        ),
    )
    if not joined:  # somebody else joined between our reading and our writing
        raise Conflict
