"""manage.py tick: do everything that is due because time has passed."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError

from competition_site.clock import now
from competition_site.upkeep import heartbeat
from competition_site.upkeep.management.scheduled_command import ScheduledCommand
from competition_site.upkeep.running import Report
from competition_site.upkeep.tasks import Task, tasks
from competition_site.watching import Watch


class Command(ScheduledCommand):
    help = (
        "Run every scheduled task: expire, promote, lock, remind, purge, then send the "
        "mails that are due. For cron, every minute; running it twice, or two at once, "
        "does no harm. Without cron: --watch. "
        "Example: manage.py tick --dry-run --at 2026-11-23T08:00Z"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--watch", action="store_true", help="go on until SIGTERM or Ctrl-C"
        )
        parser.add_argument(
            "--interval",
            type=float,
            default=60.0,
            metavar="SECONDS",
            help="pause between two runs while watching (default: 60)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["watch"]:
            super().handle(*args, **options)
            return
        if options["dry_run"] or options["at"] or options["json"]:
            msg = "--watch runs for good: --dry-run, --at and --json are for one run."
            raise CommandError(msg)
        Watch().call(self._run_now, every=options["interval"])

    def _run_now(self) -> None:
        self.run_tasks(at=now(), dry_run=False)

    def wanted(self, at: datetime, *, dry_run: bool) -> list[Task]:
        """All tasks, but for those that ran recently enough; a rehearsal shows all."""
        ends = {} if dry_run else heartbeat.last_successes(t.name for t in tasks())
        return [task for task in tasks() if _is_wanted(task, ends.get(task.name), at)]

    def run_tasks(self, *, at: datetime, dry_run: bool) -> list[Report]:
        if dry_run:
            return super().run_tasks(at=at, dry_run=True)
        heartbeat.start(heartbeat.TICK)
        reports = super().run_tasks(at=at, dry_run=False)
        heartbeat.finish(
            heartbeat.TICK,
            done=sum(report.done for report in reports),
            failed=sum(report.failed for report in reports),
        )
        return reports


def _is_wanted(task: Task, last_end: datetime | None, at: datetime) -> bool:
    """Whether as much time has passed as the task asks for; a clock set back counts."""
    if task.every is None or last_end is None:
        return True
    return abs(at - last_end) >= task.every
