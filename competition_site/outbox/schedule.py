"""What time does to the outbox: mails that were missed leave, old ones are deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from competition_site.outbox import workflow
from competition_site.upkeep.tasks import Due, Phase, scheduled


@scheduled("send_mail", Phase.SEND)
def mail_that_is_due(at: datetime) -> Iterator[Due]:
    """Mail that ``run_outbox --watch`` has not sent, and that of the other tasks."""
    if count := workflow.due(at).count():
        yield Due("mail", workflow.send_all_due, count)


@scheduled("prune_outbox", Phase.PURGE, every=timedelta(hours=1))
def mail_that_is_old(at: datetime) -> Iterator[Due]:
    """Rows of mails that left long ago: they hold addresses."""
    if count := workflow.prunable(at).count():
        yield Due("mail", lambda: workflow.prune(at), count)
