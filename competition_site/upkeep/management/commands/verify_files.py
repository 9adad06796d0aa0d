"""manage.py verify_files: read every stored file and compare it with its hash."""

from __future__ import annotations

import json
import random
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from competition_site.clock import now
from competition_site.configuration import parse_duration
from competition_site.db.batches import in_batches
from competition_site.progress import EVERY, Progress
from competition_site.upkeep.checks import name_of
from competition_site.upkeep.files import Keepers, keepers
from competition_site.upkeep.hashes import problem_of


class Command(BaseCommand):
    help = (
        "Read every stored file, personal documents included, and compare it with the "
        "size and SHA-256 of its row. Each one that is missing or damaged is a line of "
        "JSON, the last line sums up; status 1 where there is one. "
        "Example: manage.py verify_files --since 25h"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            type=_duration,
            metavar="AGE",
            help="only files younger than 25h, 7d, …",
        )
        parser.add_argument(
            "--sample",
            type=_percent,
            default=100,
            metavar="PERCENT",
            help="only so many of a hundred, chosen by chance",
        )
        parser.add_argument(
            "--every",
            type=float,
            default=EVERY,
            metavar="SECONDS",
            help="how often to say on stderr how far it is; default: 5",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = [(kept, _younger(kept.rows, options["since"])) for kept in keepers()]
        total = sum(rows.count() for _, rows in chosen) * options["sample"] // 100
        progress = Progress(self.stderr, total=total, every=options["every"])
        size = bad = 0
        for kept, row in _sampled(chosen, options["sample"]):
            problem = _problem(kept, row)
            if problem is not None:
                bad += 1
                self.stdout.write(json.dumps({"row": name_of(row), **problem}))
            size += row.size
            progress.step()
        totals = {"checked": progress.done, "bytes": size, "bad": bad}
        self.stdout.write(json.dumps(totals | {"seconds": progress.seconds}))
        if bad:
            msg = f"{bad} of {progress.done} files are missing or damaged."
            raise CommandError(msg)


def _younger(rows: QuerySet[Any], age: Any) -> QuerySet[Any]:
    """Keys begin with the millisecond in which they were made."""
    if age is None:
        return rows.all()
    since = int((now() - age).timestamp() * 1000)
    return rows.filter(pk__gte=UUID(int=since << 80))


def _sampled(
    chosen: list[tuple[Keepers, QuerySet[Any]]], percent: int
) -> Iterator[tuple[Keepers, Any]]:
    for kept, rows in chosen:
        for batch in in_batches(rows):
            for row in batch:
                if random.randrange(100) < percent:  # noqa: S311 - no secret
                    yield kept, row


def _problem(kept: Keepers, row: Any) -> dict[str, Any] | None:
    key = getattr(row, kept.column)
    found = problem_of(key, size=row.size, sha256=row.sha256)
    if found is None or not kept.rows.filter(pk=row.pk).exists():
        return None  # or taken away while it was read
    return {"key": key, **found}


def _duration(text: str) -> Any:
    try:
        return parse_duration(text)
    except ImproperlyConfigured as error:
        raise ArgumentTypeError(str(error)) from error


def _percent(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        msg = "write a number from 1 to 100"
        raise ArgumentTypeError(msg)
    return int(text)
