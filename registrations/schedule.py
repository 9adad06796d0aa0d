"""What time does to registrations; each verb is the workflow's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from competition_site.upkeep.tasks import Due, Phase, scheduled
from registrations.workflow import locking, purging, reminders


@scheduled("lock_rosters", Phase.LOCK)
def invitations_that_ended(at: datetime) -> Iterator[Due]:
    for invitation in locking.due_invitations(at):
        yield Due(invitation, partial(locking.expire_invitation, invitation))


@scheduled("lock_rosters", Phase.LOCK)
def teams_locked_unfit(at: datetime) -> Iterator[Due]:
    for team, deadline in locking.unfit_teams(at):
        yield Due(team, partial(locking.tell_unfit, team, deadline))


@scheduled("remind", Phase.REMIND)
def teams_to_remind(at: datetime) -> Iterator[Due]:
    for team, deadline in reminders.due_reminders(at):
        yield Due(team, partial(reminders.remind, team, deadline))


@scheduled("purge_documents", Phase.PURGE, every=timedelta(hours=1))
def proofs_no_longer_needed(at: datetime) -> Iterator[Due]:
    for document in purging.due_documents(at):
        yield Due(document, partial(purging.purge_document, document))
