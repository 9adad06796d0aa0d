"""What the lock of rosters brings: invitations end, leaders of unfit teams are told.

The lock itself is a moment, which every rule compares with; nothing is to be set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.audit import record
from competition_site.db.batches import in_batches
from competition_site.db.transactions import retry_on_conflict
from competition_site.upkeep.reminders import Deadline, tell_once, untold
from registrations.models import Competition, Invitation, Registration
from registrations.workflow.notices import tell_leader

TOLD_FOR = timedelta(days=1)
"""How long after the lock leaders are told; later it would be no news."""


def due_invitations(at: datetime) -> Iterator[Invitation]:
    """Open invitations that can no longer be accepted."""
    pending = Invitation.objects.filter(status=Invitation.Status.PENDING)
    for batch in in_batches(pending):
        teams = Registration.objects.filter(pk__in={i.registration_id for i in batch})
        of_team = dict(teams.values_list("pk", "competition_id"))
        competitions = Competition.objects.in_bulk(set(of_team.values()))
        for invitation in batch:
            competition = competitions[of_team[invitation.registration_id]]
            if at >= invitation.expires_at or competition.roster_is_locked(at):
                yield invitation


@retry_on_conflict
@transaction.atomic
def expire_invitation(invitation: Invitation) -> bool:
    """End an open invitation; false where it was answered or sent again meanwhile."""
    as_read = {"status": Invitation.Status.PENDING, "version": invitation.version}
    if not invitation.change_where(as_read, status=Invitation.Status.EXPIRED):
        return False
    record(None, "invitation.expired", invitation)
    return True


def unfit_teams(at: datetime) -> Iterator[tuple[Registration, Deadline]]:
    """Teams whose roster was just locked with too few, or too many, in it.

    Drafts count as long as they can still be submitted.
    """
    since = at - TOLD_FOR
    locked = Q(roster_locks_at__gt=since, roster_locks_at__lte=at) | Q(
        roster_locks_at=None
    ) & Q(registration_closes_at__gt=since, registration_closes_at__lte=at)
    published = Competition.Status.PUBLISHED
    for competition in Competition.objects.filter(locked, status=published):
        statuses = list(Registration.ACTIVE)
        if not competition.takes_registrations(at):
            statuses.remove(Registration.Status.DRAFT)
        teams = Registration.objects.filter(
            competition=competition, status__in=statuses, roster_complete=False
        )
        for batch in in_batches(teams):
            yield from _untold(batch, competition)


def _untold(
    teams: Sequence[Registration], competition: Competition
) -> Iterator[tuple[Registration, Deadline]]:
    lock = competition.roster_locks_at or competition.registration_closes_at
    by_key = {team.pk: team for team in teams}
    deadlines = [
        Deadline("roster_unfit", key, competition.pk, lock, lock) for key in by_key
    ]
    for deadline in untold(deadlines):
        yield by_key[deadline.object_id], deadline


def tell_unfit(registration: Registration, deadline: Deadline) -> bool:
    """Mail the leader, once; false where the team was put right in the meantime.

    Raises RuleViolation: invalid_transition (told already).
    """

    def write() -> bool:
        unfit = Registration.objects.filter(
            pk=registration.pk, status__in=Registration.ACTIVE, roster_complete=False
        )
        team = unfit.first()
        if team is not None:
            tell_leader(team, deadline.kind, due_at=deadline.due_at)
        return team is not None

    return tell_once(deadline, write)
