"""The opening minute: teams register as fast as they come (``make bench-opening``).

A real server in its production configuration; each client keeps its connection, sends
one keyed ``POST /registrations`` after another and repeats it by its key until it is
answered. First the teams of a competition without a limit leave drafts, which is the
baseline; then as many others enter *and submit* where fewer places are than teams, so
that all of them want the same row. ``TEST_DATABASE`` chooses the database.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import django

from tests import database

MAXIMUM_TRIES = 30
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Entry:
    """A team about to register: its leader's token and what is sent."""

    token: str
    body: str
    key: str = field(default_factory=lambda: uuid4().hex)


@dataclass
class Outcome:
    """What became of one entry: every answer's status, the last one's data."""

    seconds: float
    statuses: list[int]
    data: dict[str, Any]


def main() -> int:
    """Return 1 where a registration was lost, doubled or oversold, or answered 5xx."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=1000)
    parser.add_argument("--places", type=int, default=600)
    parser.add_argument("--clients", type=int, default=64)
    asked = parser.parse_args()
    if database.ENGINE == "mongodb" and not database.find_mongod():
        print(database.NO_MONGOD)
        return 1
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "competition_site.settings",
        "LOG_LEVEL": "ERROR",
    }
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with served() as server:
        faults = opening(server, asked.teams, asked.places, asked.clients)
    for fault in faults:
        print(f"FAULT: {fault}")
    return int(bool(faults))


@contextmanager
def served() -> Iterator[Any]:
    """The product's server, without limits on requests: on MongoDB two processes, as
    it has with Redis.
    """
    from tests.servers import NO_LIMITS, Server

    log = Path(tempfile.mkdtemp(prefix="opening-")) / "log"
    processes = "1" if database.ENGINE == "sqlite" else "2"
    server = Server(log, environment={"WEB_CONCURRENCY": processes, **NO_LIMITS})
    server.start()
    try:
        yield server
    finally:
        server.stop()


def opening(server: Any, teams: int, places: int, clients: int) -> list[str]:
    """Run both phases and print them; returns what went wrong, in sentences."""
    from registrations.models import Registration
    from tests.factories import make_competition

    print(f"== {database.ENGINE}: {teams} teams, {clients} connections ==")
    calm = make_competition()
    drafts = register(server, entries(calm, teams), clients, "drafts")
    wanted = make_competition(capacity=places, waitlist_open=True)
    rush = register(server, entries(wanted, teams, submit=True), clients, "submitted")
    print(f"submitting takes {rush.wall / drafts.wall:.2f} x the time of drafts")
    faults = [
        *faults_of(drafts.outcomes, Registration.objects.filter(competition=calm)),
        *faults_of(rush.outcomes, Registration.objects.filter(competition=wanted)),
    ]
    return faults + seat_faults(wanted, teams, places)


def entries(competition: Any, teams: int, *, submit: bool = False) -> list[Entry]:
    """People with a token each, ready to register."""
    from django.db import connections

    from tests.api import access_token
    from tests.factories import make_institution, make_user

    institution = make_institution()

    def entry(number: int) -> Entry:
        leader = make_user(institution=institution, password=None)
        body = {
            "competition": competition.slug,
            "team_name": f"Team {number}",
            "submit": submit,
        }
        token = access_token(leader)
        connections.close_all()
        return Entry(token, json.dumps(body))

    with ThreadPoolExecutor(max_workers=4) as threads:
        return list(threads.map(entry, range(teams)))


@dataclass(frozen=True)
class Phase:
    wall: float
    outcomes: list[Outcome]


def register(server: Any, waiting: list[Entry], clients: int, name: str) -> Phase:
    """Send every entry, ``clients`` at a time; print how long it took."""
    queue = iter(waiting)
    lock = threading.Lock()
    outcomes: list[Outcome] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        while True:
            with lock:
                entry = next(queue, None)
            if entry is None:
                connection.close()
                return
            outcomes.append(sent(connection, entry))

    cpu = cpu_seconds(server.workers())
    started = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - started
    cpu = cpu_seconds(server.workers()) - cpu
    print_phase(name, wall, cpu, outcomes)
    return Phase(wall, outcomes)


def sent(connection: http.client.HTTPConnection, entry: Entry) -> Outcome:
    """Repeat by its key until the entry is in, or refused for good."""
    headers = {
        "Authorization": f"Bearer {entry.token}",
        "Content-Type": "application/json",
        "Idempotency-Key": entry.key,
    }
    statuses: list[int] = []
    data: dict[str, Any] = {}
    started = time.perf_counter()
    for attempt in range(MAXIMUM_TRIES):
        try:
            connection.request("POST", "/api/v1/registrations", entry.body, headers)
            response = connection.getresponse()
            data = json.loads(response.read())["data"] or {}
            statuses.append(response.status)
        except (OSError, http.client.HTTPException):
            connection.close()
            statuses.append(0)
        if statuses[-1] == 201 or not is_passing(statuses[-1], data):
            break
        time.sleep(min(0.1 * 2**attempt, 2))
    return Outcome(time.perf_counter() - started, statuses, data)


def is_passing(status: int, data: dict[str, Any]) -> bool:
    """Whether the same request may be answered otherwise later."""
    return status in {0, 503} or data.get("code") == "request_in_progress"


def cpu_seconds(processes: Iterable[int]) -> float:
    """User and system time of processes, in seconds."""
    total = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def print_phase(name: str, wall: float, cpu: float, outcomes: list[Outcome]) -> None:
    seconds = sorted(outcome.seconds for outcome in outcomes)
    most = statistics.quantiles(seconds, n=100)
    counts = Counter(status for o in outcomes for status in o.statuses)
    answers = ", ".join(f"{n} x {status}" for status, n in sorted(counts.items()))
    print(
        f"{name:9} {len(outcomes) / wall:6.1f} requests/s, "
        f"p50 {most[49]:.2f} p95 {most[94]:.2f} p99 {most[98]:.2f} "
        f"max {seconds[-1]:.2f} s; server CPU {cpu / len(outcomes) * 1000:.1f} ms "
        f"a request; {answers}"
    )


def faults_of(outcomes: list[Outcome], rows: Any) -> list[str]:
    """Acknowledged and stored must be the same registrations, and nothing failed."""
    acknowledged = [o.data.get("id") for o in outcomes if o.statuses[-1] == 201]
    stored = {str(key) for key in rows.values_list("pk", flat=True)}
    failures = Counter(s for o in outcomes for s in o.statuses if s == 0 or s >= 500)
    faults = [f"{n} answers {status}" for status, n in failures.items()]
    if len(acknowledged) < len(outcomes):
        faults.append(f"{len(outcomes) - len(acknowledged)} were not taken")
    if lost := set(acknowledged) - stored:
        faults.append(f"{len(lost)} acknowledged registrations are lost")
    if extra := stored - set(acknowledged):
        faults.append(f"{len(extra)} registrations that nobody was told of")
    if len(set(acknowledged)) < len(acknowledged):
        faults.append("two teams were told of one registration")
    return faults


def seat_faults(competition: Any, teams: int, places: int) -> list[str]:
    """Exactly the places are taken, and everybody else waits."""
    from registrations.models import Registration

    rows = Registration.objects.filter(competition=competition)
    competition.refresh_from_db()
    counted = {
        "places taken": competition.seats_taken,
        "teams with a place": rows.filter(seat_taken=True).count(),
        "teams submitted": rows.filter(status="submitted").count(),
    }
    expected = min(teams, places)
    faults = [
        f"{name}: {number}, not {expected}"
        for name, number in counted.items()
        if number != expected
    ]
    waiting = rows.filter(status="waitlisted").count()
    if waiting != teams - expected or competition.waitlist_length != waiting:
        length = competition.waitlist_length
        faults.append(f"{waiting} waiting, {length} counted, not {teams - expected}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
