"""Prints the table of all operations: ``python -m tests.db.conformance``.

``--write`` also stores it as expected.csv, which the tests compare with. Each engine
runs in a process of its own, on a new database: SQLite, the stock backend and ours.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.mongod import start_replica_set

ENGINES = ("sqlite", "stock", "ours")
EXPECTED = Path(__file__).with_name("expected.csv")
ROOT = Path(__file__).parents[3]

Table = dict[str, dict[str, tuple[str, str]]]
"""Engine → operation → outcome and words."""


def outcomes(
    engine: str, database_url: str, directory: str
) -> dict[str, tuple[str, str]]:
    """Run every operation in a new process; SQLite needs no server."""
    environment = os.environ | {
        "ENVIRONMENT": "test",
        "ENV_FILE": os.devnull,
        "DATABASE_URL": database_url,
        "MEDIA_ROOT": f"{directory}/media",
        "EMAIL_URL": "memorymail://",
        "CONFORMANCE_ENGINE": engine,
        "DJANGO_SETTINGS_MODULE": "competition_site.settings",
    }
    run = subprocess.run(
        [sys.executable, "-m", "tests.db.conformance.run"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, tuple[str, str]] = json.loads(run.stdout.splitlines()[-1])
    return told


def table() -> Table:
    """Ask the three engines."""
    with tempfile.TemporaryDirectory() as directory:
        replica_set = start_replica_set()
        urls = {
            "sqlite": f"sqlite:///{directory}/conformance.sqlite3",
            "stock": replica_set.url_of("stock"),
            "ours": replica_set.url_of("ours"),
        }
        return {e: outcomes(e, urls[e], directory) for e in ENGINES}


def show(told: Table) -> None:
    """Print every operation that is not ok everywhere, and the totals."""
    for name in told["ours"]:
        row = [told[engine].get(name, ("-", "")) for engine in ENGINES]
        if {outcome for outcome, _ in row} <= {"ok", "-"}:
            continue
        print(f"{name:58}", *(f"{outcome:9}" for outcome, _ in row))
        for engine, (_, words) in zip(ENGINES, row, strict=True):
            if words:
                print(f"    {engine}: {words[:150]}")
    print()
    for engine in ENGINES:
        counts = Counter(outcome for outcome, _ in told[engine].values())
        parts = ", ".join(f"{n} {outcome}" for outcome, n in counts.most_common())
        print(f"{engine:7} {len(told[engine])} operations: {parts}")


def write(told: Table) -> None:
    with EXPECTED.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["operation", *ENGINES])
        for name in told["ours"]:
            outcome = [told[e].get(name, ("", ""))[0] for e in ENGINES]
            rows.writerow([name, *outcome])


def main(arguments: list[str]) -> int:
    told = table()
    show(told)
    if "--write" in arguments:
        write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
