"""Guessing passwords: stopped at the limit, by all processes together."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts import tokens, workflow
from accounts.hashers import Argon2idHasher
from accounts.models import User
from competition_site.clock import now
from tests.api import Api
from tests.database import ENGINE
from tests.factories import PASSWORD, make_user
from tests.redis_server import RedisServer
from tests.serving import Server, served

pytestmark = pytest.mark.django_db

PROCESSES = 4 if ENGINE == "mongodb" else 2
TRIES = 200
HASH = Argon2idHasher().encode(PASSWORD, "salt of the tests")
LIMITS = {
    "THROTTLE_LOGIN": "5/1d",
    "THROTTLE_LOGIN_ACCOUNT": "1000/1d",
    "THROTTLE_LOGIN_ADDRESS": "1000/1d",
}


def address() -> str:
    return ".".join(str(random.randint(1, 254)) for _number in range(4))


def forged_headers() -> dict[str, str]:
    """What a guesser sends to look like somebody else each time."""
    return {
        "X_Forwarded_For": f"{address()}, {address()}",
        "Forwarded": f"for={address()};proto=https",
        "X_Real_IP": address(),
        "True_Client_IP": address(),
        "CF_Connecting_IP": address(),
        "X_Forwarded_Host": address(),
        "User_Agent": f"Mozilla/{random.random()}",
    }


def guesses(email: str | None = None) -> list[tuple[Any, dict[str, str]]]:
    return [
        (
            {"email": email or f"u{n}@mail.example", "password": f"guess {n}"},
            forged_headers(),
        )
        for n in range(TRIES)
    ]


def admitted(answers: list[Any]) -> int:
    """How many guesses were looked at; all the others were 429."""
    statuses = [answer.status for answer in answers]
    assert set(statuses) <= {401, 429}
    return statuses.count(401)


@pytest.fixture
def processes(redis_server: RedisServer, tmp_path: Path) -> Iterator[Any]:
    """Start servers of several processes that count in one Redis."""
    return lambda **environment: served(
        tmp_path / "log",
        workers=PROCESSES,
        **{"REDIS_URL": redis_server.url, **LIMITS, **environment},
    )


@pytest.fixture
def person(db: None) -> User:
    """Somebody whose password the servers can read: they hash as in production."""
    return who_logs_in()


def who_logs_in() -> User:
    user = make_user()
    User.objects.filter(pk=user.pk).update(password=HASH)
    return user


def refresh_token(user: User) -> str:
    at = now()
    session = workflow.open_session(user, at=at, device="tests", address="")
    return str(tokens.pair(session, at=at)["refresh"])


def test_of_200_guesses_at_one_account_five_are_admitted(person: User, processes):
    held = refresh_token(person)
    with processes() as server:
        answers = server.post_at_once("/auth/login", guesses(person.email))
        assert admitted(answers) == 5
        refused = [answer for answer in answers if answer.status == 429]
        assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
        spellings = (person.email.upper(), f" {person.email} ")
        for spelling in spellings:
            body = {"email": spelling, "password": "guess"}
            assert server.post("/auth/login", body).status == 429
        # The lock-out holds for the right password too, from this address; who is
        # logged in already stays so.
        right = {"email": person.email, "password": PASSWORD}
        assert server.post("/auth/login", right).status == 429
        assert server.post("/auth/refresh", {"refresh": held}).status == 200
        other = {"email": who_logs_in().email, "password": PASSWORD}
        assert server.post("/auth/login", other).status == 200


def test_guesses_from_many_addresses_meet_the_limit_of_the_account(
    person: User, processes
):
    """Behind our own proxy each address is true, and the account is one."""
    limits = {"TRUSTED_PROXIES": "2", "THROTTLE_LOGIN_ACCOUNT": "30/1d"}
    with processes(**limits) as server:
        assert admitted(server.post_at_once("/auth/login", guesses(person.email))) == 30


def test_guesses_at_many_accounts_meet_the_limit_of_the_address(processes):
    with processes(THROTTLE_LOGIN_ADDRESS="20/1d") as server:
        assert admitted(server.post_at_once("/auth/login", guesses())) == 20


def test_control_where_the_headers_are_believed_all_are_admitted(
    person: User, processes
):
    with processes(TRUSTED_PROXIES="1") as server:
        answers = server.post_at_once("/auth/login", guesses(person.email))
    assert admitted(answers) > 5


def test_with_redis_dead_the_processes_together_admit_no_more(
    person: User, processes, redis_server: RedisServer
):
    redis_server.stop()
    with processes(THROTTLE_LOGIN="8/1d") as server:
        answers = server.post_at_once("/auth/login", guesses(person.email))
    assert 0 < admitted(answers) <= 8


def test_redis_dying_in_the_middle_is_no_500_and_a_new_one_is_found(
    person: User, processes, redis_server: RedisServer
):
    right = {"email": person.email, "password": PASSWORD}
    with processes(THROTTLE_LOGIN="1000/1d") as server:
        assert server.post("/auth/login", right).status == 200
        redis_server.stop()
        answers = server.post_at_once("/auth/login", [(right, {})] * 40)
        assert {answer.status for answer in answers} == {200}
        redis_server.start()
        assert found_again(server, redis_server, right)


def found_again(server: Server, redis_server: RedisServer, body: Any) -> bool:
    give_up = time.monotonic() + 15
    while time.monotonic() < give_up:
        assert server.post("/auth/login", body).status == 200
        if redis_server.client().keys():
            return True
        time.sleep(0.2)
    return False


def test_a_lock_out_by_account_leaves_the_refresh(anyone: Api, student: User, settings):
    settings.THROTTLE_LIMITS = {**settings.THROTTLE_LIMITS, "login_account": "1/1d"}
    held = refresh_token(student)
    body = {"email": student.email, "password": "guess"}
    assert anyone.post("/auth/login", body).status_code == 401
    answer = anyone.post("/auth/login", {**body, "password": PASSWORD})
    assert answer.status_code == 429
    assert answer.json()["data"]["code"] == "throttled"
    for _turn in range(3):
        answer = anyone.post("/auth/refresh", {"refresh": held})
        assert answer.status_code == 200
        held = answer.json()["data"]["refresh"]
