"""Runs scheduled tasks: each thing by itself, so that one failure stops no other."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import close_old_connections

from competition_site.rules import RuleViolation
from competition_site.upkeep import heartbeat
from competition_site.upkeep.tasks import Due, Source, Task

logger = logging.getLogger(__name__)

LOST = frozenset({"invalid_transition", "not_found"})
"""The refusals of a verb that came too late: somebody else has moved the row on."""


@dataclass
class Report:
    """What a task did, or would do: ``items`` name each thing."""

    name: str
    done: int = 0
    failed: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def note(self, subject: str, **outcome: Any) -> None:
        self.items.append({"subject": subject, **outcome})


def run(task: Task, *, at: datetime, dry_run: bool) -> Report:
    """Do what is due at a moment; with ``dry_run`` only say it, and write nothing."""
    report, started = Report(task.name), time.perf_counter()
    if not dry_run:
        heartbeat.start(task.name)
    for source in task.sources:
        for due in _listed(source, at, report):
            if dry_run:
                _tell(due, report)
            else:
                _do(due, report)
    report.seconds = round(time.perf_counter() - started, 3)
    if not dry_run:
        heartbeat.finish(task.name, done=report.done, failed=report.failed)
    return report


def _listed(source: Source, at: datetime, report: Report) -> Iterator[Due]:
    """What is due; a list that breaks off is a failure of the task."""
    try:
        yield from source(at)
    except Exception as error:  # noqa: BLE001 - the other tasks go on, whatever it is
        _fail(source.__name__, error, report)


def _tell(due: Due, report: Report) -> None:
    report.done += due.count
    report.note(due.name, count=due.count)


def _do(due: Due, report: Report) -> None:
    try:
        count = int(due.act())
    except Exception as error:  # noqa: BLE001 - the others go on, whatever it is
        if not _is_too_late(due, error):
            _fail(due.name, error, report)
        return
    if count:
        report.done += count
        report.note(due.name, count=count)


def _is_too_late(due: Due, error: Exception) -> bool:
    """Whether nothing is left to do: the row has moved on, or was deleted."""
    if isinstance(error, RuleViolation):
        return error.code in LOST
    if not isinstance(error, ObjectDoesNotExist) or isinstance(due.subject, str):
        return False
    return not type(due.subject)._base_manager.filter(pk=due.subject.pk).exists()


def _fail(subject: str, error: Exception, report: Report) -> None:
    fields = {"task": report.name, "subject": subject}
    logger.error("scheduled task failed", extra={"fields": fields}, exc_info=error)
    report.failed += 1
    report.note(subject, error=f"{type(error).__name__}: {error}"[:200])
    close_old_connections()  # one that broke is opened anew for the next
