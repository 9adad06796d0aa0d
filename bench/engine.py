"""Times the MongoDB engine beside the stock backend, raw PyMongo and SQLite.

``make bench-engine`` (ARGS="--rows 2000 --rounds 1" for a quick look). Four processes
take turns in rounds on the same rows; each figure is the median of all calls.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import IO

from tests.mongod import start_replica_set

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("raw", "ours", "stock", "sqlite")
PLOT = ROOT / "docs" / "decisions" / "0002-mongodb-engine.png"
TITLES = {
    "get": "get by key",
    "newest": "newest 20",
    "newest_joined": "newest 20, two joins",
    "newest_joined_lists": "the same, raw without $unwind",
    "competition": "20 of one competition",
    "keyset_first": "keyset page at row 0",
    "keyset_middle": "keyset page in the middle",
    "keyset_deep": "keyset page, 1,000 rows before the end",
    "count": "count all",
    "count_competition": "count one competition's",
    "insert": "insert",
    "update": "conditional update",
    "transaction": "transaction of four writes",
    "model": "(the model's cost of get by key, in a loop)",
    "driver": "(PyMongo and the server inside of get by key)",
}
Times = dict[str, dict[str, list[float]]]


class Worker:
    """A process that holds one engine and runs what it is told to."""

    def __init__(self, engine: str, database_url: str, rows: int, media: str) -> None:
        environment = os.environ | {
            "BENCH_ENGINE": engine,
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "competition_site.settings",
            "ENVIRONMENT": "test",
            "ENV_FILE": os.devnull,
            "MEDIA_ROOT": media,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.engine_worker", str(rows)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, case: str) -> list[float]:
        """Return the milliseconds of each call."""
        _pipe(self.process.stdin).write(case + "\n")
        _pipe(self.process.stdin).flush()
        times: list[float] = json.loads(_pipe(self.process.stdout).readline())
        return times

    def stop(self) -> None:
        _pipe(self.process.stdin).close()
        self.process.wait(30)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise BrokenPipeError
    return pipe


def measure(rows: int, rounds: int) -> Times:
    """Fill the databases, then let the engines take turns, the first one rotating."""
    times: Times = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as directory:
        replica_set = start_replica_set()
        with replica_set.primary().client() as client:
            # All rows in memory, as on a server: the tests' cache is a quarter of a GB.
            client.admin.command(
                "setParameter", 1, wiredTigerEngineRuntimeConfig="cache_size=2G"
            )
        urls = {
            "ours": replica_set.url_of("ours"),
            "stock": replica_set.url_of("stock"),
            "raw": replica_set.url_of("ours"),
            "sqlite": f"sqlite:///{directory}/bench.sqlite3",
        }
        workers: dict[str, Worker] = {}
        for engine in ("ours", "stock", "raw", "sqlite"):  # stock copies ours
            workers[engine] = Worker(engine, urls[engine], rows, f"{directory}/media")
            workers[engine].ask("fill")
            print(f"{engine} is filled", file=sys.stderr, flush=True)
        for number in range(rounds):
            turn = ENGINES[number % 4 :] + ENGINES[: number % 4]
            for case in TITLES:
                for engine in turn:
                    times[case][engine] += workers[engine].ask(case)
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for worker in workers.values():
            worker.stop()
        replica_set.stop()
    return times


def medians(times: Times) -> dict[str, dict[str, float]]:
    return {
        case: {e: statistics.median(each[e]) for e in ENGINES if each[e]}
        for case, each in times.items()
    }


def show(told: dict[str, dict[str, float]], rows: int, rounds: int) -> None:
    """Print the table as Markdown: milliseconds, and ratios to raw PyMongo."""
    print(
        f"{rows:,} registrations, {rounds} rounds; median ms (ratio to raw PyMongo)\n"
    )
    print("| operation | raw PyMongo | ours | stock | SQLite |\n|---|---|---|---|---|")
    for case, each in told.items():
        raw = each.get("raw")
        cells = [_cell(each.get(engine), raw) for engine in ENGINES]
        print(f"| {TITLES[case]} | {' | '.join(cells)} |")
    get, raw = told["get"]["ours"], told["get"]["raw"]
    for words, share in {
        "less the model's cost in a loop": get - told["model"]["ours"],
        "less the model's cost in the same calls": told["driver"]["ours"],
    }.items():
        print(f"\nget by key, {words}: {share:.3f} ms, {share / raw:.2f} x raw")


def _cell(value: float | None, raw: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" + (f" ({value / raw:.1f})" if raw and raw != value else "")


def plot(told: dict[str, dict[str, float]], rows: int) -> None:
    """Draw the medians on a logarithmic scale."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    cases = [case for case in TITLES if case not in {"model", "driver"}]
    figure, axes = plt.subplots(figsize=(9, 6))
    for place, engine in enumerate(ENGINES):
        positions = [n + 0.2 * (place - 1.5) for n in range(len(cases))]
        widths = [told[case].get(engine, 0) for case in cases]
        axes.barh(positions, widths, height=0.2, label=engine)
    axes.set_yticks(range(len(cases)), [TITLES[case] for case in cases])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel(f"median milliseconds, {rows:,} registrations")
    axes.legend()
    axes.grid(axis="x", alpha=0.3)
    figure.tight_layout()
    figure.savefig(PLOT, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plot", action="store_true", help="draw it into docs/")
    parser.add_argument("--store", type=Path, help="a JSON file for the medians")
    parser.add_argument("--stored", type=Path, help="show and draw such a file again")
    chosen = parser.parse_args()
    if chosen.stored:
        told = json.loads(chosen.stored.read_text())
    else:
        told = medians(measure(chosen.rows, chosen.rounds))
    if chosen.store:
        chosen.store.write_text(json.dumps(told))
    show(told, chosen.rows, chosen.rounds)
    if chosen.plot:
        plot(told, chosen.rows)


if __name__ == "__main__":
    main()
