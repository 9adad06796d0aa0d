"""What a log-in and the check of a token cost, as ratios: ``make bench-accounts``.

Times are CPU, or medians of rounds taken in turn in one process, so a busy machine
changes the numbers but hardly their ratios. ``TEST_DATABASE`` chooses the database.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import django

from tests import database

ROUNDS = 60
CALLS = 20
HASHES = 8
BAR = 0.10
"""The part of a GET /me that knowing whether its session has ended may cost."""


def main() -> int:
    """Return 1 where the check of the session costs more than it may."""
    if database.ENGINE == "mongodb" and not database.find_mongod():
        print(database.NO_MONGOD)
        return 1
    os.environ["DJANGO_SETTINGS_MODULE"] = "competition_site.settings"
    os.environ["LOG_LEVEL"] = "ERROR"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(f"== {database.ENGINE} ==")
    hashing()
    return int(revocation() > BAR)


def hashing() -> None:
    """CPU of a log-in's hash: ours, and what Django would take."""
    from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher

    from accounts.hashers import Argon2idHasher

    ours = cpu_per_hash(Argon2idHasher())
    print(f"log-in, CPU: Argon2id as set here {ours * 1000:6.1f} ms")
    for name, hasher in (
        ("PBKDF2, Django's default", PBKDF2PasswordHasher()),
        ("Argon2 as Django sets it", Argon2PasswordHasher()),
    ):
        theirs = cpu_per_hash(hasher)
        print(f"  {name}  {theirs * 1000:6.1f} ms  {theirs / ours:5.1f} x ours")


def cpu_per_hash(hasher: Any) -> float:
    encoded = hasher.encode("kuda poni 99", "0123456789abcdef")
    started = time.process_time()
    for _hash in range(HASHES):
        hasher.verify("kuda poni 99", encoded)
    return (time.process_time() - started) / HASHES


def revocation() -> float:
    """GET /me with each way to check a token; returns the part of the session's."""
    from accounts import authentication
    from accounts.models import Session, User

    read = reader()
    person = User.objects.get()

    def by_user(token: Any) -> User:
        """Without sessions: the account alone, read by its key."""
        user = User.objects.get(pk=token["id"])
        if not user.is_active or user.token_version != token["ver"]:
            raise AssertionError
        return user

    def by_session(token: Any) -> User:
        """The session's row, its person joined to it."""
        rows = Session.objects.select_related("user").filter(revoked_at=None)
        return rows.get(pk=token.session_id).user

    ways: dict[str, Callable[[Any], User]] = {
        "as it is": authentication._user_of,
        "session row and user": by_session,
        "user alone": by_user,
        "nothing (stateless)": lambda _token: person,
    }
    seconds = alternated(ways, read)
    alone = seconds["user alone"]
    print("GET /me, in process, by what is read to check its token:")
    for name, value in seconds.items():
        print(f"  {name:20} {value * 1000:6.2f} ms  {value / alone:5.2f} x user alone")
    ours = seconds["as it is"]
    part = max(0.0, (ours - alone) / ours)
    print(f"the session's part of GET /me: {part:.1%} (bar: {BAR:.0%})")
    return part


def reader() -> Callable[[], None]:
    """A reading of /me through the whole application."""
    from django.test import RequestFactory

    from competition_site.wsgi import application
    from tests.api import access_token
    from tests.factories import make_user

    token = access_token(make_user())
    environ = RequestFactory(headers={"Authorization": f"Bearer {token}"})

    def read() -> None:
        statuses: list[str] = []
        request = environ.get("/api/v1/me").environ
        request["SERVER_NAME"] = "localhost"
        answer = application(request, lambda status, _headers: statuses.append(status))
        b"".join(answer)
        answer.close()
        if statuses != ["200 OK"]:
            sys.exit(f"GET /me answered {statuses}.")

    return read


def alternated(
    ways: dict[str, Callable[[Any], Any]], read: Callable[[], None]
) -> dict[str, float]:
    """Seconds of one request for each way: the median of rounds taken in turn."""
    from accounts import authentication

    samples: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 2):
        for name, way in ways.items():
            authentication._user_of = way  # type: ignore[assignment]
            started = time.perf_counter()
            for _call in range(CALLS):
                read()
            if turn > 1:
                samples[name].append((time.perf_counter() - started) / CALLS)
    return {name: statistics.median(values) for name, values in samples.items()}


if __name__ == "__main__":
    sys.exit(main())
