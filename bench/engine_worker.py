"""One engine's process of the benchmark: reads a case's name, answers its times."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from bench.engine_part import Part

ENGINE = os.environ["BENCH_ENGINE"]
CALLS, SECONDS = 60, float(os.environ.get("BENCH_SECONDS", "0.6"))
"""A case is called this often in a round, or for this long."""
PAGE = 20

Case = Callable[[], object]


def main(rows: int) -> None:
    cases = _prepared(rows)
    for line in sys.stdin:
        name = line.strip()
        times: list[float] = []
        if name == "fill":
            cases["fill"]()
            cases = _cases(rows)
        elif name in cases:
            times = timed(cases[name])
        sys.stdout.write(json.dumps(times) + "\n")
        sys.stdout.flush()


def _prepared(rows: int) -> dict[str, Case]:
    import django
    from django.conf import settings
    from django.core.management import call_command

    if ENGINE == "stock":
        settings.DATABASES["default"]["ENGINE"] = "django_mongodb_backend"
    django.setup()
    if ENGINE != "raw":
        call_command("migrate", verbosity=0, interactive=False)
    return {"fill": {"stock": copy_ours, "raw": int}.get(ENGINE, lambda: fill(rows))}


def timed(call: Case) -> list[float]:
    """Call it once unmeasured where it is quick, then measure each call."""
    started = time.perf_counter()
    call()
    first = (time.perf_counter() - started) * 1000
    times = [first] if first > 200 or not SECONDS else []
    while len(times) < CALLS and time.perf_counter() - started < SECONDS:
        before = time.perf_counter()
        answer = call()
        took = time.perf_counter() - before
        times.append((answer if isinstance(call, Part) else took) * 1000)  # type: ignore[operator]
    return times


def _cases(rows: int) -> dict[str, Case]:
    random.seed(1)
    if ENGINE == "raw":
        from bench.engine_raw import cases
    else:
        from bench.engine_orm import cases
    return cases(rows)


def fill(rows: int) -> None:
    """Users, competitions and registrations, through the ORM."""
    from accounts.models import User
    from competition_site.clock import now
    from competition_site.db.transactions import retry_on_conflict
    from registrations.models import Competition, Registration

    at = now()
    users = User.objects.bulk_create(
        User(email=f"user{n}@mail.example", full_name=f"User {n}")
        for n in range(max(50, rows // 40))
    )
    competitions = Competition.objects.bulk_create(
        Competition(
            slug=f"competition-{n}",
            title=f"Competition {n}",
            title_key=f"competition {n}",
            category="security",
            status="published",
            registration_opens_at=at,
            registration_closes_at=at + timedelta(days=1),
            starts_at=at + timedelta(days=2),
            ends_at=at + timedelta(days=3),
        )
        for n in range(max(5, rows // 400))
    )
    store = retry_on_conflict(Registration.objects.bulk_create)
    for begin in range(0, rows, 1000):
        store(
            [
                _registration(n, users, competitions)
                for n in range(begin, min(begin + 1000, rows))
            ]
        )


def _registration(n: int, users: list[Any], competitions: list[Any]) -> Any:
    from registrations.models import Registration

    competition, leader = competitions[n % len(competitions)], users[n % len(users)]
    return Registration(
        competition=competition,
        competition_slug=competition.slug,
        competition_title=competition.title,
        team_name=f"Team {n}",
        team_name_key=f"team {n}",
        leader=leader,
        roster=[{"id": str(leader.pk), "full_name": leader.full_name}],
    )


def copy_ours() -> None:
    """Stock gets the very same rows, into tables with its own indexes."""
    from django.db import connection

    client: Any = connection.connection or connection.database.client
    for table in (
        "accounts_user",
        "registrations_competition",
        "registrations_registration",
    ):
        out: Iterable[Any] = [{"$out": {"db": "stock", "coll": table}}]
        client["ours"][table].aggregate(list(out))


if __name__ == "__main__":
    main(int(sys.argv[1]))
