"""manage.py verify_receipts: check the signature of every version."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from competition_site.db.batches import in_batches
from competition_site.progress import EVERY, Progress
from submissions import receipts
from submissions.models import Stage, Submission, SubmissionVersion

Problem = dict[str, Any]

_BATCH = 200


class Command(BaseCommand):
    help = (
        "Check that every version still is what its receipt signed, and that none is "
        "missing. Each that isn't is a line of JSON, the last line sums up; status 1 "
        "where there is one. Example: manage.py verify_receipts --stage ID"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stage", type=UUID, metavar="ID", help="of one stage")
        parser.add_argument(
            "--every",
            type=float,
            default=EVERY,
            metavar="SECONDS",
            help="how often to say on stderr how far it is; default: 5",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        submissions = Submission.objects.all()
        if stage := options["stage"]:
            if not Stage.objects.filter(pk=stage).exists():
                msg = "There is no such stage."
                raise CommandError(msg)
            submissions = submissions.filter(stage=stage)
        progress = Progress(
            self.stderr, total=submissions.count(), every=options["every"]
        )
        checked = bad = 0
        for batch in in_batches(submissions, size=_BATCH):
            versions = _versions_of(batch)
            for problem in _problems(batch, versions):
                bad += 1
                self.stdout.write(json.dumps(problem))
            checked += sum(map(len, versions.values()))
            progress.step(len(batch))
        totals = {"submissions": progress.done, "checked": checked, "bad": bad}
        self.stdout.write(json.dumps(totals | {"seconds": progress.seconds}))
        if bad:
            msg = f"{bad} versions are missing or not what was signed."
            raise CommandError(msg)


def _versions_of(batch: Sequence[Submission]) -> dict[UUID, list[SubmissionVersion]]:
    found: dict[UUID, list[SubmissionVersion]] = defaultdict(list)
    rows = SubmissionVersion.objects.filter(submission__in=[s.pk for s in batch])
    for version in rows.order_by("submission", "number"):
        found[version.submission_id].append(version)
    return found


def _problems(
    batch: Sequence[Submission], versions: dict[UUID, list[SubmissionVersion]]
) -> Iterator[Problem]:
    for submission in batch:
        there = versions[submission.pk]
        for version in there:
            if problem := receipts.problem(version):
                yield {
                    "submission": str(submission.pk),
                    "number": version.number,
                    "code": version.code,
                    "problem": problem,
                }
        numbers = {version.number for version in there}
        for number in range(1, submission.version_number + 1):
            if number not in numbers:
                yield {
                    "submission": str(submission.pk),
                    "number": number,
                    "problem": "missing",
                }
