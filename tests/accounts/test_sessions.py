"""The own log-ins: listed, ended one by one or all, and pruned when they are old."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import workflow
from accounts.models import MailToken, Session, User
from accounts.workflow import sessions
from competition_site.api.models import IdempotencyKey
from competition_site.clock import now
from tests.api import Api
from tests.factories import PASSWORD, make_staff, make_user

pytestmark = pytest.mark.django_db

ROW = {
    "id",
    "device",
    "address",
    "created_at",
    "last_used_at",
    "expires_at",
    "current",
}


def listed(api: Api) -> list[dict[str, Any]]:
    response = api.get("/auth/sessions")
    assert response.status_code == 200
    rows: list[dict[str, Any]] = response.json()["data"]["results"]
    return rows


def test_the_list_shows_the_own_live_log_ins_and_which_is_this(student: User) -> None:
    api, other = Api(student), Api(student)
    Api(make_user())  # another person's
    ended = workflow.open_session(student, at=now(), device="old", address="")
    workflow.end_session(ended, by=student, at=now())
    for asking in (api, other):
        rows = listed(asking)
        assert len(rows) == 2
        assert [set(row) for row in rows] == [ROW, ROW]
        assert sum(row["current"] for row in rows) == 1
    current = [{r["id"] for r in listed(a) if r["current"]} for a in (api, other)]
    assert current[0] != current[1]


def test_a_log_in_is_known_by_device_and_address(student: User) -> None:
    body = {"email": student.email, "password": PASSWORD}
    answer = Api().post("/auth/login", body, User_Agent="Telepon/1.0 " + "x" * 300)
    api = Api()
    api.token = answer.json()["data"]["access"]
    (row,) = listed(api)
    assert row["device"].startswith("Telepon/1.0")
    assert len(row["device"]) == 200
    assert row["address"] == "127.0.0.1"
    assert row["current"]


def test_nothing_of_the_list_is_a_token(student: User) -> None:
    api = Api(student)
    session = Session.objects.get(user=student)
    text = api.get("/auth/sessions").content.decode()
    assert session.refresh_jti not in text
    assert str(api.token) not in text


def test_the_list_costs_the_same_for_one_and_for_many(
    student: User, django_assert_num_queries: Any
) -> None:
    api = Api(student)
    with django_assert_num_queries(2):
        listed(api)
    for _n in range(5):
        Api(student)
    with django_assert_num_queries(2):
        assert len(listed(api)) == 6


def test_one_is_ended_and_the_others_go_on(student: User) -> None:
    api, other = Api(student), Api(student)
    (other_id,) = (r["id"] for r in listed(api) if not r["current"])
    response = api.delete(f"/auth/sessions/{other_id}")
    assert (response.status_code, response.json()["data"]) == (200, None)
    assert other.get("/me").json()["data"]["code"] == "token_revoked"
    assert [r["current"] for r in listed(api)] == [True]
    assert api.delete(f"/auth/sessions/{other_id}").status_code == 404


def test_ending_the_current_one_is_logging_out(student: User) -> None:
    api = Api(student)
    (row,) = listed(api)
    assert api.delete(f"/auth/sessions/{row['id']}").status_code == 200
    assert api.get("/me").status_code == 401


def test_others_sessions_are_as_good_as_missing(student: User) -> None:
    for stranger in (make_user(), make_staff()):
        theirs = workflow.open_session(stranger, at=now(), device="", address="")
        api = Api(student)
        hidden = api.delete(f"/auth/sessions/{theirs.pk}")
        missing = api.delete(f"/auth/sessions/{uuid4()}")
        assert hidden.status_code == missing.status_code == 404
        assert hidden.content == missing.content
        theirs.refresh_from_db()
        assert theirs.revoked_at is None


def test_not_even_an_admin_ends_one_by_its_id(student: User, admin: User) -> None:
    theirs = workflow.open_session(student, at=now(), device="", address="")
    assert Api(admin).delete(f"/auth/sessions/{theirs.pk}").status_code == 404


def test_log_out_everywhere_ends_all_of_one_person_only(student: User) -> None:
    api, other, stranger = Api(student), Api(student), Api(make_user())
    assert api.post("/auth/logout-all").status_code == 200
    for ended in (api, other):
        assert ended.get("/me").status_code == 401
    assert stranger.get("/me").status_code == 200


@pytest.mark.parametrize("path", ["/auth/sessions", "/auth/logout-all"])
def test_without_a_token_there_is_nothing(anyone: Api, path: str) -> None:
    method = "GET" if path.endswith("sessions") else "POST"
    assert anyone.request(method, path).status_code == 401


# --- pruned -------------------------------------------------------------------------
def old_rows(user: User, count: int, *, days: int) -> None:
    """Sessions, mail tokens and keys that ran out ``days`` ago."""
    at = now() - timedelta(days=days)
    Session.objects.bulk_create(
        Session(user=user, refresh_jti=uuid4().hex, expires_at=at)
        for _n in range(count)
    )
    MailToken.objects.bulk_create(
        MailToken(
            user=user,
            purpose="verify_email",
            email=user.email,
            digest=uuid4().hex,
            expires_at=at,
        )
        for _n in range(count)
    )
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(digest=uuid4().hex, lease_until=at, expires_at=at)
        for _n in range(count)
    )


def test_pruning_deletes_what_ran_out_before_in_batches(
    student: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "BATCH", 4)
    old_rows(student, 10, days=8)
    old_rows(student, 3, days=6)
    live = Api(student)
    before = now() - timedelta(days=7)
    assert {n: rows.count() for n, rows in workflow.prunable(before).items()} == {
        "sessions": 10,
        "mail tokens": 10,
        "idempotency keys": 10,
    }
    assert set(workflow.prune(before).values()) == {10}
    assert set(workflow.prune(before).values()) == {0}
    assert Session.objects.count() == 4
    assert MailToken.objects.count() == IdempotencyKey.objects.count() == 3
    assert live.get("/me").status_code == 200


def test_ten_thousand_sessions_cost_a_log_in_nothing_and_are_pruned(
    student: User,
) -> None:
    def log_in() -> int:
        with CaptureQueriesContext(connection) as commands:
            user = workflow.check_credentials(student.email, PASSWORD)
            workflow.open_session(user, at=now(), device="", address="")
        return len(commands)

    alone = log_in()
    at = now() - timedelta(days=30)
    rows = [
        Session(user=student, refresh_jti=uuid4().hex, expires_at=at)
        for _n in range(10_000)
    ]
    Session.objects.bulk_create(rows, batch_size=1000)
    assert log_in() == alone
    assert workflow.prune(now())["sessions"] == 10_000
    assert Session.objects.count() == 2


def test_everybody_is_logged_out(
    student: User, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "BATCH", 2)
    apis = [Api(user) for user in (student, student, staff, make_user(), make_user())]
    make_user()  # never logged in
    at = now()
    assert len(workflow.who_may_be_logged_in(at)) == 4
    assert workflow.end_everybodys_sessions(by=None, at=at) == (4, 5)
    assert {api.get("/me").status_code for api in apis} == {401}
    assert workflow.end_everybodys_sessions(by=None, at=now()) == (1, 0)
