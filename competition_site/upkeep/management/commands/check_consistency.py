"""manage.py check_consistency: find, and mend, what no longer agrees."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError

from competition_site.terminal import printable
from competition_site.upkeep.checks import Finding, checks

MOST = 10_000
"""Findings that one run deals with, so that they fit into memory; then run again."""


class Found(NamedTuple):
    check: str
    finding: Finding


class Command(BaseCommand):
    help = (
        "Find counters, copies, references and files that no longer agree; status 1 "
        "where there are any. With --fix show them, ask, and mend those that can be, "
        "each only where it still is as it was shown. "
        "Example: manage.py check_consistency --only seats --fix"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--only",
            action="append",
            choices=list(checks()),
            metavar="CHECK",
            help=f"one check, may be repeated: {', '.join(checks())}",
        )
        parser.add_argument("--fix", action="store_true", help="mend what can be")
        parser.add_argument(
            "--no-input", action="store_true", help="with --fix, don't ask"
        )
        parser.add_argument(
            "--json", action="store_true", help="report as JSON; doesn't ask either"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.quiet = options["json"]
        found = self._find(options["only"])
        mended = self._mend(found, options) if options["fix"] else 0
        left = len(self._find(options["only"], show=False)) if mended else len(found)
        if self.quiet:
            said = [_plain(*one) for one in found]
            totals = {"found": len(found), "mended": mended, "left": left}
            self.stdout.write(json.dumps({"findings": said, **totals}, default=str))
        else:
            self.stdout.write(f"{len(found)} found, {mended} mended, {left} left.")
        if left:
            msg = f"{left} findings are left."
            raise CommandError(msg)

    def _find(self, only: list[str] | None, *, show: bool = True) -> list[Found]:
        found = []
        for one in islice(_findings(only), MOST):
            found.append(one)
            if show and not self.quiet:
                self._show(*one)
        return found

    def _show(self, name: str, finding: Finding) -> None:
        by_hand = "" if finding.mend else " (by hand)"
        said = f"says {finding.says!r}, should say {finding.should!r}"
        self.stdout.write(printable(f"{name}: {finding.subject} {said}{by_hand}"))

    def _mend(self, found: list[Found], options: dict[str, Any]) -> int:
        mends = [one for one in found if one.finding.mend]
        if not mends or not (_is_unasked(options) or _agreed(len(mends))):
            return 0
        mended = 0
        for _name, finding in mends:
            done = finding.mend is not None and finding.mend()
            mended += done
            if not done and not self.quiet:
                subject = printable(finding.subject)
                self.stdout.write(f"{subject}: changed meanwhile, left alone")
        return mended


def _is_unasked(options: dict[str, Any]) -> bool:
    return bool(options["no_input"] or options["json"])


def _agreed(count: int) -> bool:
    try:
        return input(f"Mend {count}? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _findings(only: list[str] | None) -> Iterator[Found]:
    for name, function in checks().items():
        if only is None or name in only:
            for finding in function():
                yield Found(name, finding)


def _plain(name: str, finding: Finding) -> dict[str, Any]:
    return {
        "check": name,
        "object": finding.subject,
        "says": finding.says,
        "should": finding.should,
        "fixable": finding.mend is not None,
    }
