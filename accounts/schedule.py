"""What time does to accounts: sessions, tokens and keys that ran out are deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from accounts import workflow
from competition_site.db.batches import delete_in_batches
from competition_site.upkeep.tasks import Due, Phase, scheduled

KEPT = timedelta(days=7)
"""How long they are kept after their end, as by ``prune_sessions``."""


@scheduled("prune_sessions", Phase.PURGE, every=timedelta(hours=1))
def sessions_that_ran_out(at: datetime) -> Iterator[Due]:
    for name, rows in workflow.prunable(at - KEPT).items():
        if count := rows.count():
            yield Due(name, partial(delete_in_batches, rows), count)
