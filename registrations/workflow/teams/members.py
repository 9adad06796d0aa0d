"""Members: they join, leave, are taken off, and lead in turn.

The roster stands on the registration's row. Whoever changes it writes that row on the
version it read, so of two changes at once the second one starts again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from accounts.workflow import hold_open_account
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.outbox.workflow import enqueue
from competition_site.rules import RuleViolation
from registrations.models import Competition, Membership, Registration
from registrations.workflow import eligibility, requirements, roster
from registrations.workflow.judges import require_no_judge

Role = Membership.Role


def join(registration: Registration, user: User, at: datetime) -> None:
    """Make a person a member, inside the transaction of what lets them in.

    Raises RuleViolation: invalid_transition, roster_locked, team_full, not_eligible,
    token_revoked (their account was closed meanwhile). Raises IntegrityError where
    they are in a team of this competition already.
    """
    competition = Competition.objects.get(pk=registration.competition_id)
    requirements.require_joinable(registration, competition, at)
    require_no_judge(competition.pk, user)
    if not hold_open_account(user):
        raise RuleViolation("token_revoked")
    eligibility.require(
        competition, [user], team_institution=registration.institution_id
    )
    roster.enrol(registration, user, Role.MEMBER, at)
    entry = roster.entry(user, Role.MEMBER, at)
    write_roster(registration, competition, [*registration.roster, entry])


@retry_on_conflict
@transaction.atomic
def remove_member(
    registration: Registration,
    member: User,
    *,
    by: User,
    at: datetime,
    if_version: int | None = None,
) -> Registration:
    """Take a member off the team: ``by`` its leader, or oneself.

    What they handed in stays, but no longer counts. Raises RuleViolation: not_found (no
    member), permission_denied, stale_version, invalid_transition (an ended team; or the
    leader, who hands the team over or withdraws it first), roster_locked.
    """
    registration.read_again()
    if not registration.has_member(member):
        raise RuleViolation("not_found")
    if by.pk != member.pk and not registration.is_led_by(by):
        raise RuleViolation("permission_denied")
    if if_version is not None and registration.version != if_version:
        raise RuleViolation("stale_version")
    competition = Competition.objects.get(pk=registration.competition_id)
    requirements.require_leavable(registration, competition, member, at)
    take_off(registration, competition, member.pk, at)
    left = by.pk == member.pk
    verb = "registration.member_left" if left else "registration.member_removed"
    record(by, verb, registration, member=member.pk)
    if left:
        tell_leader_of_leaving(registration, member)
    else:
        _mail("member_removed", registration, member)
    return registration


def take_off(
    registration: Registration, competition: Competition, user_id: UUID, at: datetime
) -> None:
    """End a membership and take the person off the roster."""
    Membership.objects.filter(
        registration=registration, user=user_id, left_at=None
    ).update(active=False, left_at=at, updated_at=at)
    others = [m for m in registration.roster if m["id"] != str(user_id)]
    write_roster(registration, competition, others)


def tell_leader_of_leaving(registration: Registration, member: User) -> None:
    """Mail the leader that somebody left."""
    leader = User.objects.get(pk=registration.leader_id)
    _mail("member_left", registration, leader, member=member.full_name)


@retry_on_conflict
@transaction.atomic
def hand_over(
    registration: Registration, to: User, *, by: User, at: datetime
) -> Registration:
    """Make another member the leader; also once the roster is locked, for nobody comes
    or goes by it.

    Raises RuleViolation: permission_denied (not, or no longer, its leader),
    invalid_transition (an ended team), validation_error (``user_id``: no member, the
    leader, a closed account).
    """
    registration.read_again()
    if not registration.is_led_by(by):
        raise RuleViolation("permission_denied")
    requirements.require_led(registration)
    if registration.is_led_by(to):
        raise _not_to(_("This person leads the team already."))
    if not registration.has_member(to):
        raise _not_to(_("This person is not a member of the team."))
    if not hold_open_account(to):
        raise _not_to(_("This account is closed."))
    pass_to(registration, to, at)
    record(by, "registration.handed_over", registration, leader=to.pk)
    return registration


def _not_to(text: Any) -> RuleViolation:
    return RuleViolation("validation_error", errors={"user_id": [text]})


def pass_to(registration: Registration, leader: User, at: datetime) -> None:
    """Make a member the leader wherever that is written, and tell them."""
    current = Membership.objects.filter(registration=registration, left_at=None)
    current.filter(user=registration.leader_id).update(role=Role.MEMBER, updated_at=at)
    current.filter(user=leader).update(role=Role.LEADER, updated_at=at)
    registration.invitations.update(leader_id=leader.pk)
    members = [
        {**m, "role": (Role.LEADER if m["id"] == str(leader.pk) else Role.MEMBER).value}
        for m in registration.roster
    ]
    home = {} if registration.seat_taken else {"institution_id": leader.institution_id}
    change_unless_changed(registration, leader=leader, roster=members, **home)
    _mail("leadership_passed", registration, leader)


def write_roster(
    registration: Registration, competition: Competition, members: list[dict[str, Any]]
) -> None:
    """Store another roster, and what follows from it."""
    registration.roster = members
    change_unless_changed(
        registration,
        roster=members,
        members_count=len(members),
        roster_complete=roster.is_complete(len(members), competition),
        documents_complete=requirements.documents_are_complete(
            registration, competition, registration.documents.all()
        ),
    )


def change_unless_changed(registration: Registration, **fields: Any) -> None:
    """Write the row as it was read; raises Conflict where somebody else was faster."""
    if not registration.change_where({"version": registration.version}, **fields):
        raise Conflict


def _mail(kind: str, registration: Registration, to: User, **context: Any) -> None:
    enqueue(
        kind,
        to=to.email,
        language=to.language,
        registration=registration,
        **context,
    )
