"""Kills the primary of three nodes while clients of the API and the ORM write.

``make faults`` runs this: five kills, each node started again, then two nodes at once,
so that nobody can be primary for a while. The suite runs the same with one kill.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import requests

from tests.mongod import Mongod, ReplicaSet, start_replica_set
from tests.servers import NO_LIMITS, Server, run_command

PATH = "/api/v1/competitions"
ROOT = Path(__file__).parents[3]
DROPPED = 5
"""Every so manieth POST is first sent by a client that hangs up before the answer."""
PATIENCE = 60
"""Seconds after which a keyed request that never came through is given up."""


@dataclass
class Told:
    """What the clients of the API were answered."""

    statuses: Counter[str] = field(default_factory=Counter)
    without_retry_after: int = 0
    acknowledged: list[str] = field(default_factory=list)
    dropped: int = 0
    """POSTs whose first answer the client did not wait for."""
    replayed: int = 0
    """POSTs acknowledged by an answer that had been given before, kept by its key."""
    given_up: int = 0
    longest: float = 0.0
    """Seconds from the first try of a request to its acknowledgement."""
    orm: dict[str, Any] = field(default_factory=dict)
    pauses: list[float] = field(default_factory=list)
    """Seconds after each kill until the set had a primary again."""
    lost: int = -1
    doubled: int = -1
    ready_again: bool = False


@dataclass
class Client:
    """A client that repeats each POST under its key until it is acknowledged."""

    url: str
    token: str
    told: Told
    stop: threading.Event

    def write(self, name: str) -> None:
        number = 0
        with requests.Session() as session:
            while not self.stop.is_set():
                number += 1
                self._create(session, f"{name}-{number}", drop=number % DROPPED == 0)

    def read(self) -> None:
        with requests.Session() as session:
            while not self.stop.is_set():
                self._note("GET", self._get(session))

    def _get(self, session: requests.Session) -> requests.Response | None:
        try:
            return session.get(f"{self.url}{PATH}", timeout=30)
        except requests.RequestException:
            return None

    def _create(self, session: requests.Session, slug: str, *, drop: bool) -> None:
        started, key = time.monotonic(), uuid4().hex
        if drop:
            self._send_and_hang_up(slug, key)
        while time.monotonic() < started + PATIENCE:
            answer = self._post(session, slug, key)
            self._note("POST", answer)
            if answer is not None and answer.status_code == 201:
                self.told.acknowledged.append(slug)
                self.told.replayed += "Idempotency-Replayed" in answer.headers
                self.told.longest = max(self.told.longest, time.monotonic() - started)
                return
            time.sleep(float(answer.headers.get("Retry-After", 0.2)) if answer else 0.2)
        self.told.given_up += 1

    def _post(
        self, session: requests.Session, slug: str, key: str
    ) -> requests.Response | None:
        try:
            return session.post(
                f"{self.url}{PATH}",
                json=competition(slug),
                headers=self._headers(key),
                timeout=30,
            )
        except requests.RequestException:
            return None

    def _send_and_hang_up(self, slug: str, key: str) -> None:
        """Send the whole request and close: what came of it, the client cannot know."""
        body = json.dumps(competition(slug))
        headers = {**self._headers(key), "Content-Type": "application/json"}
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request("POST", PATH, body, headers)
        except OSError:
            return
        finally:
            connection.close()
        self.told.dropped += 1
        time.sleep(0.1)

    def _headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}

    def _note(self, method: str, answer: requests.Response | None) -> None:
        if answer is None:
            self.told.statuses[f"{method} no answer"] += 1
            return
        code = "" if answer.ok else answer.json()["data"]["code"]
        self.told.statuses[f"{method} {answer.status_code} {code}".strip()] += 1
        if answer.status_code == 503 and "Retry-After" not in answer.headers:
            self.told.without_retry_after += 1


def competition(slug: str) -> dict[str, Any]:
    return {
        "slug": slug,
        "title": slug,
        "category": "fault",
        "registration_opens_at": "2026-01-01T00:00:00Z",
        "registration_closes_at": "2026-02-01T00:00:00Z",
        "starts_at": "2026-03-01T00:00:00Z",
        "ends_at": "2026-03-02T00:00:00Z",
        "team_size_min": 1,
        "team_size_max": 3,
    }


@contextmanager
def a_site_on_three_nodes() -> Iterator[tuple[ReplicaSet, Server, dict[str, str]]]:
    """Three nodes, migrated, and gunicorn in its production configuration on them."""
    replica_set = start_replica_set(members=3)
    with tempfile.TemporaryDirectory() as directory:
        environment = {
            "DATABASE_URL": replica_set.url_of("faults"),
            "ENVIRONMENT": "test",
            "IDEMPOTENCY_LEASE": "3s",
            "MEDIA_ROOT": f"{directory}/media",
            "DJANGO_SETTINGS_MODULE": "competition_site.settings",
            **NO_LIMITS,
        }
        run_command("migrate", "--no-input", "--verbosity", "0", **environment)
        server = Server(Path(directory) / "log", environment=environment)
        server.start()
        try:
            yield replica_set, server, environment
        finally:
            server.stop()
            replica_set.stop()


def run(
    *, kills: int, seconds_between: float, outage: float = 8, writers: int = 4
) -> Told:
    """Let clients write, kill the primary again and again, and count.

    At the end two nodes are down together for ``outage`` seconds.
    """
    told = Told()
    with a_site_on_three_nodes() as (replica_set, server, environment):
        token = run_command("shell", "-v", "0", "-c", _TOKEN, **environment)
        token = token.splitlines()[-1]
        stop = threading.Event()
        client = Client(server.url, token, told, stop)
        threads = [threading.Thread(target=client.read)]
        threads += [
            threading.Thread(target=client.write, args=(f"c{n}",))
            for n in range(writers)
        ]
        seconds = (seconds_between + 3) * (kills + 2) + outage
        orm = _start_orm_writers(seconds, writers, environment)
        for thread in threads:
            thread.start()
        try:
            time.sleep(seconds_between)
            for _ in range(kills):
                told.pauses.append(kill_primary(replica_set))
                time.sleep(seconds_between)
            told.pauses.append(leave_no_majority(replica_set, outage))
            time.sleep(seconds_between)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        output, _ = orm.communicate(timeout=120)
        told.orm = json.loads(output.splitlines()[-1])
        _verify(told, replica_set, server)
    return told


_TOKEN = (
    "from tests.factories import make_admin;from tests.api import access_token;"
    "print(access_token(make_admin()))"
)


def _start_orm_writers(
    seconds: float, threads: int, environment: dict[str, str]
) -> subprocess.Popen[str]:
    import os

    module = "tests.db.mongodb.orm_writers"
    return subprocess.Popen(
        [sys.executable, "-m", module, str(seconds), str(threads)],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_primary(replica_set: ReplicaSet) -> float:
    """Kill it as a power cut does; return the seconds until there is another."""
    primary: Mongod = replica_set.primary()
    started = time.monotonic()
    primary.kill()
    replica_set.primary()
    pause = time.monotonic() - started
    primary.start()
    return pause


def leave_no_majority(replica_set: ReplicaSet, seconds: float) -> float:
    """Kill the primary and another; nobody can take writes until they are back."""
    primary = replica_set.primary()
    other = next(m for m in replica_set.members if m is not primary)
    started = time.monotonic()
    for member in (primary, other):
        member.kill()
    time.sleep(seconds)
    for member in (primary, other):
        member.start()
    replica_set.primary()
    return time.monotonic() - started


def _verify(told: Told, replica_set: ReplicaSet, server: Server) -> None:
    """Read what is stored from the new primary, beside Django."""
    ready = requests.get(f"{server.url}/health/ready", timeout=30)
    told.ready_again = ready.status_code == 200
    with replica_set.primary().client() as client:
        rows = client["faults"]["registrations_competition"].find({}, {"slug": 1})
        stored = Counter(row["slug"] for row in rows)
    told.lost = len(set(told.acknowledged) - set(stored))
    told.doubled = sum(n - 1 for n in stored.values())


def show(told: Told) -> None:
    orm = told.orm
    lines = {
        "kills, one outage": len(told.pauses),
        "seconds without a primary": [round(p, 1) for p in told.pauses],
        "API answers": dict(told.statuses.most_common()),
        "503 without Retry-After": told.without_retry_after,
        "API writes acknowledged": len(told.acknowledged),
        "  answers nobody waited for": told.dropped,
        "  replayed by key": told.replayed,
        "  longest wait in seconds": round(told.longest, 1),
        "  given up": told.given_up,
        "  lost": told.lost,
        "  doubled": told.doubled,
        "ORM writes": orm["counts"],
        "  lost, halves, doubled": [orm[n] for n in ("lost", "halves", "doubled")],
        "ready again without a restart": told.ready_again,
    }
    for name, value in lines.items():
        print(f"{name:32}{value}")  # noqa: T201 - what this command is for


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10)
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the servers end too
    told = run(kills=chosen.kills, seconds_between=chosen.seconds)
    show(told)
    orm = told.orm
    lost = told.lost + told.doubled + orm["lost"] + orm["halves"] + orm["doubled"]
    failed = [name for name in told.statuses if " 500" in name]
    return int(bool(lost or failed or told.given_up))


if __name__ == "__main__":
    sys.exit(main())
