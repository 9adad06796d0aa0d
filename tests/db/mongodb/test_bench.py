"""The benchmark runs: a few rows, each case once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_it_prints_its_table() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bench.engine", "--rows", "100", "--rounds", "1"],
        cwd=ROOT,
        env=os.environ | {"BENCH_SECONDS": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    rows = [line for line in run.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 16
    assert run.stdout.count("get by key, less ") == 2
