"""Who closes their account leaves, and is named nowhere any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from accounts.audit import record
from accounts.models import User
from accounts.workflow import closed_address
from registrations.models import (
    Competition,
    Document,
    Invitation,
    Registration,
    own_registration_ids,
)
from registrations.workflow.purging import purge_document
from registrations.workflow.teams.members import take_off, tell_leader_of_leaving
from registrations.workflow.teams.succession import pass_on_led


def forget(users: Sequence[User], at: datetime) -> None:
    """Let these people's teams go on without them, and purge what proves who they are.

    They leave the teams whose roster is open. On others they stay, and are renamed
    there once the account's row is.
    """
    pass_on_led(users, at)
    for user in users:
        _leave_open_teams(user, at)
        _forget_invitations(user)
        _purge_documents(user)


def _leave_open_teams(user: User, at: datetime) -> None:
    teams = Registration.objects.filter(
        pk__in=own_registration_ids(user), status__in=Registration.ACTIVE
    )
    for registration in teams.exclude(leader=user).order_by("pk"):
        competition = Competition.objects.get(pk=registration.competition_id)
        if not competition.roster_is_locked(at):
            take_off(registration, competition, user.pk, at)
            record(user, "registration.member_left", registration, member=user.pk)
            tell_leader_of_leaving(registration, user)


def _forget_invitations(user: User) -> None:
    """Decline what is open to their proven address, and take the address off them all.

    An address that nobody proved may be somebody else's.
    """
    known = Q(accepted_by=user)
    if user.email_verified:
        known |= Q(email=user.email)
        open_ones = Invitation.objects.filter(
            email=user.email, status=Invitation.Status.PENDING
        )
        for invitation in open_ones.order_by("pk"):
            invitation.move_to(Invitation.Status.DECLINED)
    Invitation.objects.filter(known).update(email=closed_address(user))


def _purge_documents(user: User) -> None:
    kept = Document.objects.filter(member=user).exclude(status=Document.Status.PURGED)
    for document in kept.order_by("pk"):
        purge_document(document)
