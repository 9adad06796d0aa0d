"""What the commands of scheduled tasks share: rehearsals, moments and reports."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from competition_site.clock import iso, now, to_milliseconds
from competition_site.terminal import printable
from competition_site.upkeep.running import Report, run
from competition_site.upkeep.tasks import Task, task


class ScheduledCommand(BaseCommand):
    """One scheduled task, run alone; subclasses name it.

    It ends with status 1 where something failed; all else was done nevertheless.
    """

    task: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="say what is due, and do nothing"
        )
        parser.add_argument(
            "--at",
            metavar="MOMENT",
            help="as if it were then, such as 2026-11-23T08:00Z; a rehearsal, so in "
            "production only with --dry-run",
        )
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run = options["dry_run"]
        at = _moment(options["at"], dry_run=dry_run)
        reports = self.run_tasks(at=at, dry_run=dry_run)
        if options["json"]:
            self.stdout.write(_as_json(reports, at=at, dry_run=dry_run))
        else:
            self._print(reports, dry_run=dry_run)
        failed = sum(report.failed for report in reports)
        if failed:
            msg = f"{failed} failed; the log says why."
            raise CommandError(msg)

    def run_tasks(self, *, at: datetime, dry_run: bool) -> list[Report]:
        wanted = self.wanted(at, dry_run=dry_run)
        return [run(one, at=at, dry_run=dry_run) for one in wanted]

    def wanted(self, at: datetime, *, dry_run: bool) -> list[Task]:
        return [task(self.task)]

    def _print(self, reports: list[Report], *, dry_run: bool) -> None:
        word = "due" if dry_run else "done"
        for report in reports:
            counts = f"{report.done} {word}, {report.failed} failed"
            self.stdout.write(f"{report.name}: {counts} ({report.seconds:.2f} s)")
            for item in report.items:
                said = item.get("error") or f"{item['count']} {word}"
                self.stdout.write(printable(f"  {item['subject']}: {said}"))


def _moment(text: str | None, *, dry_run: bool) -> datetime:
    """The moment that counts; another than now is for rehearsals.

    What a task does is final: offers expire, mails leave. In production a slip of the
    pen in a date must not do that to everybody.
    """
    if text is None:
        return now()
    if settings.PRODUCTION and not dry_run:
        msg = "--at is for rehearsals: in production add --dry-run."
        raise CommandError(msg)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - refused below, for it has no zone
    if moment.tzinfo is None:
        msg = f"--at {printable(text)}: write a moment and its zone: 2026-11-23T08:00Z."
        raise CommandError(msg)
    return to_milliseconds(moment)


def _as_json(reports: list[Report], *, at: datetime, dry_run: bool) -> str:
    tasks = [
        {
            "name": report.name,
            "done": report.done,
            "failed": report.failed,
            "items": report.items,
            "seconds": report.seconds,
        }
        for report in reports
    ]
    return json.dumps({"at": iso(at), "dry_run": dry_run, "tasks": tasks})
