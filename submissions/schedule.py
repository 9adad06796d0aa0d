"""What time does to submissions: leaders are reminded of stages that close."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from competition_site.upkeep.tasks import Due, Phase, scheduled
from submissions.workflow import reminders


@scheduled("remind", Phase.REMIND)
def teams_without_work(at: datetime) -> Iterator[Due]:
    for team, stage, deadline in reminders.due_reminders(at):
        yield Due(team, partial(reminders.remind, team, stage, deadline))
