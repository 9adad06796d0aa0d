"""manage.py export_submissions: the work of a stage as one ZIP."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from competition_site.progress import EVERY, Progress
from competition_site.terminal import printable
from registrations.models import Competition
from submissions.exports import Export
from submissions.models import Stage


class Command(BaseCommand):
    help = (
        "Write the last version of every team's work into a ZIP, with a manifest of "
        "hashes; each file is checked on its way. What is missing or damaged stands in "
        "the manifest and makes the status 1. The last line on stderr sums up. "
        "Example: manage.py export_submissions ctf-2026 2 --output work.zip"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("competition", metavar="SLUG")
        parser.add_argument("stage", metavar="ORDER|ID", help="order or id of a stage")
        parser.add_argument(
            "--output", required=True, metavar="FILE|-", help="- is the standard output"
        )
        parser.add_argument("--all-versions", action="store_true")
        parser.add_argument(
            "--blind", action="store_true", help="code names, as judges see them"
        )
        parser.add_argument(
            "--every",
            type=float,
            default=EVERY,
            metavar="SECONDS",
            help="how often to say on stderr how far it is; default: 5",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        export = Export.begun(
            _stage(options["competition"], options["stage"]),
            by=None,
            all_versions=options["all_versions"],
            blind=options["blind"],
        )
        if options["output"] == "-":
            self._write(export, sys.stdout.buffer, options["every"])
        else:
            self._write_whole(export, Path(options["output"]), options["every"])
        totals = {
            "teams": export.teams,
            "files": export.files,
            "bytes": export.bytes,
            "bad": export.bad,
        }
        self.stderr.write(json.dumps(totals))
        if export.bad:
            msg = f"{export.bad} are missing, damaged or not what was signed."
            raise CommandError(msg)

    def _write_whole(self, export: Export, path: Path, every: float) -> None:
        """The file has its name once it is whole; nobody takes a half one for it."""
        part = path.with_name(f"{path.name}.part")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
            with os.fdopen(descriptor, "wb") as target:
                self._write(export, target, every)
            part.replace(path)
        except OSError as error:
            raise CommandError(str(error)) from error

    def _write(self, export: Export, target: IO[bytes], every: float) -> None:
        total = export.submissions.count()
        progress = Progress(self.stderr, total=total, every=every)
        for chunk in export:
            target.write(chunk)
            progress.step(export.teams - progress.done)
        target.flush()


def _stage(slug: str, named: str) -> Stage:
    competition = Competition.objects.filter(slug=slug).first()
    stages = Stage.objects.filter(competition=competition)
    try:
        own = {"order": int(named)} if named.isdecimal() else {"pk": UUID(named)}
        stage = stages.filter(**own).first()
    except (ValueError, OverflowError):
        stage = None
    if stage is None:
        msg = f"{slug} has no stage {named}."
        raise CommandError(printable(msg))
    return stage
