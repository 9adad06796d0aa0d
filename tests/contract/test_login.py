"""Log-in: tells nothing, and counts exactly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from rest_framework.exceptions import Throttled
from time_machine import Traveller, travel

from competition_site.api.throttles import count
from competition_site.clock import now
from tests.contract.answers import refusal
from tests.factories import PASSWORD, make_user
from tests.racing import race

pytestmark = pytest.mark.django_db

WRONG = (401, "invalid_credentials")
THROTTLED = (429, "throttled")


def login(anyone, email: str, password: str = "wrong one", **sent: Any):
    body = f'{{"email": "{email}", "password": "{password}"}}'
    return anyone.client.post(
        "/api/v1/auth/login", body, content_type="application/json", **sent
    )


@pytest.fixture
def limits(settings: Any) -> Any:
    """Sets limits: ``limits(login="5/1m")``."""

    def set_limits(**limits: str) -> None:
        settings.THROTTLE_LIMITS = {**settings.THROTTLE_LIMITS, **limits}

    return set_limits


@pytest.fixture
def clock() -> Iterator[Traveller]:
    """A clock that stands ten seconds into a minute and an hour."""
    hour = int(now().timestamp()) // 3600 * 3600
    with travel(hour + 10, tick=False) as stopped:
        yield stopped


def test_unknown_wrong_and_closed_are_answered_alike(anyone, student):
    closed = make_user(is_active=False)
    emails = ("nobody@mail.example", student.email, closed.email, "no address", "")
    bodies = {login(anyone, email).content for email in emails[:4]}
    assert len(bodies) == 1
    assert refusal(login(anyone, student.email)) == WRONG
    assert refusal(login(anyone, emails[4]))[0] == 400


def test_a_closed_account_is_told_after_the_right_password_only(anyone):
    closed = make_user(is_active=False)
    response = login(anyone, closed.email, PASSWORD)
    assert refusal(response) == (401, "account_inactive")


@pytest.mark.parametrize("value", [{"$ne": ""}, {"$gt": ""}, ["a"], 5, None, True])
@pytest.mark.parametrize("field", ["email", "password"])
def test_another_kind_of_value_logs_nobody_in(anyone, student, field, value):
    body = {"email": student.email, "password": PASSWORD, field: value}
    assert refusal(anyone.post("/auth/login", body))[0] in {400, 401}


@pytest.mark.usefixtures("clock")
def test_the_sixth_attempt_within_a_minute_is_refused(anyone, student, limits):
    limits(login="5/1m")
    answers = [refusal(login(anyone, student.email)) for _ in range(7)]
    assert answers == [WRONG] * 5 + [THROTTLED] * 2
    right = login(anyone, student.email, PASSWORD)
    assert refusal(right) == THROTTLED
    assert right["Retry-After"] == "50"


def test_the_next_minute_begins_at_zero(anyone, student, limits, clock):
    limits(login="5/1m")
    for _ in range(6):
        login(anyone, student.email)
    clock.shift(49)
    assert refusal(login(anyone, student.email)) == THROTTLED
    clock.shift(1)
    assert login(anyone, student.email, PASSWORD).status_code == 200


@pytest.mark.usefixtures("clock")
def test_spellings_count_as_one_account(anyone, student, limits):
    limits(login="5/1m")
    spellings = [student.email, student.email.upper(), f" {student.email} "] * 2
    answers = [refusal(login(anyone, email)) for email in spellings]
    assert answers == [WRONG] * 5 + [THROTTLED]


@pytest.mark.usefixtures("clock")
def test_invented_forwarded_addresses_do_not_help(anyone, student, limits):
    limits(login="5/1m")
    answers = []
    for number in range(7):
        ip = f"203.0.113.{number}"
        headers = {"X-Forwarded-For": ip, "X-Real-IP": ip, "Forwarded": f"for={ip}"}
        answers.append(refusal(login(anyone, student.email, headers=headers)))
    assert answers == [WRONG] * 5 + [THROTTLED] * 2


@pytest.mark.usefixtures("clock")
def test_behind_a_proxy_only_its_own_entry_counts(anyone, student, limits, settings):
    limits(login="5/1m")
    settings.TRUSTED_PROXIES = 1
    answers = []
    for number in range(6):
        headers = {"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.7"}
        answers.append(refusal(login(anyone, student.email, headers=headers)))
    assert answers == [WRONG] * 5 + [THROTTLED]
    other = {"X-Forwarded-For": "203.0.113.1, 198.51.100.8"}
    assert refusal(login(anyone, student.email, headers=other)) == WRONG


@pytest.mark.usefixtures("clock")
def test_one_account_from_many_addresses_is_counted_too(anyone, student, limits):
    limits(login="5/1m", login_account="8/1h")
    answers = [
        refusal(login(anyone, student.email, REMOTE_ADDR=f"10.0.0.{number}"))
        for number in range(10)
    ]
    assert answers == [WRONG] * 8 + [THROTTLED] * 2


@pytest.mark.usefixtures("clock")
def test_one_address_with_many_accounts_is_counted_too(anyone, limits):
    limits(login_address="8/1m")
    answers = [
        refusal(login(anyone, f"person{number}@mail.example")) for number in range(10)
    ]
    assert answers == [WRONG] * 8 + [THROTTLED] * 2


@pytest.mark.usefixtures("clock")
def test_others_at_the_address_are_not_locked_out(anyone, student, staff, limits):
    limits(login="5/1m")
    for _ in range(6):
        login(anyone, student.email)
    assert login(anyone, staff.email, PASSWORD).status_code == 200


@pytest.mark.usefixtures("clock")
def test_a_victim_keeps_a_session_and_refreshes(anyone, student, limits):
    limits(login="5/1m", login_account="8/1h", login_address="9/1m")
    given = login(anyone, student.email, PASSWORD).json()["data"]
    for _ in range(20):
        login(anyone, student.email)
    refreshed = anyone.post("/auth/refresh", {"refresh": given["refresh"]})
    assert refreshed.status_code == 200


@pytest.fixture
def _restless_threads() -> Iterator[None]:
    """Threads take turns a thousand times as often, so that a gap is found."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("clock")
def test_in_parallel_no_attempt_slips_by(anyone, student, limits):
    limits(login="5/1m")
    responses = race(*[lambda: login(anyone, student.email)] * 24)
    statuses = [r.status_code for r in responses]
    assert (statuses.count(401), statuses.count(429)) == (5, 19)


@pytest.mark.usefixtures("clock", "_restless_threads")
def test_in_parallel_the_count_itself_is_exact(limits):
    limits(login="100/1m")

    def admitted() -> int:
        uses = 0
        for _ in range(50):
            with suppress(Throttled):
                count("login", "somebody")
                uses += 1
        return uses

    assert sum(race(*[admitted] * 8)) == 100


@pytest.mark.usefixtures("clock")
def test_registering_is_counted_by_address(anyone, limits):
    limits(register_address="2/1h")
    statuses = [
        anyone.post(
            "/auth/register",
            {
                "email": f"p{number}@mail.example",
                "password": PASSWORD,
                "full_name": "P",
            },
        ).status_code
        for number in range(3)
    ]
    assert statuses == [201, 201, 429]


@pytest.mark.usefixtures("clock")
def test_writes_are_counted_by_user_and_reads_by_address(as_user, student, limits):
    limits(write_user="2/1m", read_address="3/1m")
    api, anyone = as_user(student), as_user()
    writes = [api.patch("/me", {"full_name": "N"}).status_code for _ in range(3)]
    reads = [anyone.get("/competitions").status_code for _ in range(4)]
    assert writes == [200, 200, 429]
    assert reads == [200, 200, 200, 429]
    assert api.get("/me").status_code == 200
