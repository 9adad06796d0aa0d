"""Runs the suite on one database after the other and says what each run counted.

``python -m scripts.run_tests sqlite mongodb -- ARGUMENTS OF PYTEST``. The last line is
the closing line of pytest itself: of the run that failed, else of the last one. Without
a mongod the MongoDB run is skipped in one line, but in CI (CI=true) that is a failure.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.mongod import find_mongod

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - folders in it have random names
ENOUGH_BYTES = 8 * 1024**3
NAMES = {"sqlite": "SQLite", "mongodb": "MongoDB"}
COLOUR = re.compile(r"\x1b\[[\d;]*m")
CLOSING = re.compile(
    r"=* ?(?P<counts>(\d+ [a-z]+|no tests ran)(, \d+ [a-z]+)*) in [\d.]+s.*"
)


class Run(NamedTuple):
    """How one run of pytest ended; ``closing`` is its own last line."""

    database: str
    code: int
    closing: str

    @property
    def counts(self) -> str:
        match = CLOSING.fullmatch(self.closing)
        return match["counts"] if match else f"ended with code {self.code}"


def scratch() -> dict[str, str]:
    """The environment that puts databases and files of the tests into memory.

    Every test commits for real, and most of the time of a run is the wait for a disk;
    where there is little memory, or TMPDIR is set, it stays as it is.
    """
    if not IN_MEMORY.is_dir() or not os.access(IN_MEMORY, os.W_OK):
        return {}
    roomy = shutil.disk_usage(IN_MEMORY).free > ENOUGH_BYTES
    return {"TMPDIR": str(IN_MEMORY)} if roomy else {}


def run(database: str, arguments: list[str]) -> Run:
    """Run pytest on one database, its output passed on line by line."""
    print(f"== {NAMES[database]} ==", flush=True)
    colour = "yes" if sys.stdout.isatty() else "no"
    command = [sys.executable, "-m", "pytest", f"--color={colour}", *arguments]
    closing = ""
    with subprocess.Popen(
        command,
        env=scratch() | os.environ | {"TEST_DATABASE": database},
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as pytest:
        for line in pytest.stdout or ():
            print(line, end="", flush=True)
            plain = COLOUR.sub("", line).strip()
            if CLOSING.fullmatch(plain):
                closing = plain
    return Run(database, pytest.returncode, closing)


def is_left_out(database: str) -> bool:
    """Whether this machine cannot run MongoDB and nobody promised that it can."""
    reachable = os.environ.get("MONGODB_URI") or find_mongod()
    return database == "mongodb" and not reachable and os.environ.get("CI") != "true"


def main(arguments: list[str]) -> int:
    """Return 0 when every run passed, the code of the first that didn't otherwise."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    databases, pytest_arguments = arguments[:cut], arguments[cut + 1 :]
    runs = [
        run(database, pytest_arguments)
        for database in databases
        if not is_left_out(database)
    ]
    print()
    for each in runs:
        print(f"{NAMES[each.database]}: {each.counts}")
    if any(is_left_out(database) for database in databases):
        print("MongoDB: skipped, no mongod here (MONGOD_BIN names one)")
    decisive = next((each for each in runs if each.code), runs[-1] if runs else None)
    if decisive is None:
        return 0
    print(decisive.closing or f"{NAMES[decisive.database]} ended with {decisive.code}.")
    return decisive.code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
