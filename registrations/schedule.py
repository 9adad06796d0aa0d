"""What time does to registrations; each verb is the workflow's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from competition_site.db.batches import rows_of
from competition_site.upkeep.tasks import Due, Phase, scheduled
from registrations.workflow import leaving, locking, purging, reminders, waitlist


@scheduled("expire_drafts", Phase.EXPIRE)
def drafts_after_closing(at: datetime) -> Iterator[Due]:
    for team in rows_of(leaving.due_drafts(at)):
        yield Due(team, partial(leaving.expire_draft, team, at=at))


@scheduled("expire_offers", Phase.EXPIRE)
def offers_without_answer(at: datetime) -> Iterator[Due]:
    for team in rows_of(leaving.due_offers(at)):
        yield Due(team, partial(leaving.expire_offer, team, at=at))


@scheduled("expire_unpaid", Phase.EXPIRE)
def teams_that_did_not_pay(at: datetime) -> Iterator[Due]:
    for team in rows_of(leaving.due_unpaid(at)):
        yield Due(team, partial(leaving.expire_unpaid, team, at=at))


@scheduled("promote_waitlist", Phase.PROMOTE)
def places_for_those_who_wait(at: datetime) -> Iterator[Due]:
    for competition in rows_of(waitlist.due_promotions(at)):
        if count := waitlist.possible_offers(competition, at):
            act = partial(waitlist.promote_all, competition, at=at)
            yield Due(competition, act, count)


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
