"""Ten thousand tokens make no request dearer, and all that has ended goes."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import tokens, workflow
from accounts.models import MailToken, Session, User
from competition_site.clock import now
from tests.api import Api
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

MANY = 10_000
EXPIRED = 6_000


def grow(user: User) -> None:
    """Ten thousand log-ins of one person, most of them over, and as many links."""
    at = now()
    ends = [
        at + timedelta(days=-1 if number < EXPIRED else 1) for number in range(MANY)
    ]
    Session.objects.bulk_create(
        [
            Session(user=user, refresh_jti=uuid4().hex, expires_at=end, rotated_at=at)
            for end in ends
        ],
        batch_size=500,
    )
    MailToken.objects.bulk_create(
        [
            MailToken(
                user=user,
                purpose=MailToken.Purpose.VERIFY_EMAIL,
                email=user.email,
                digest=workflow.token_digest(str(number)),
                expires_at=end,
            )
            for number, end in enumerate(ends)
        ],
        batch_size=500,
    )


def commands(user: User) -> dict[str, int]:
    """How many commands the requests of a day cost."""
    cost = {}
    body = {"email": user.email, "password": PASSWORD}
    with CaptureQueriesContext(connection) as run:
        pair = Api().post("/auth/login", body).json()["data"]
    cost["log-in"] = len(run)
    with CaptureQueriesContext(connection) as run:
        answer = Api().post("/auth/refresh", {"refresh": pair["refresh"]})
    cost["refresh"] = len(run)
    bearer = {"Authorization": f"Bearer {answer.json()['data']['access']}"}
    with CaptureQueriesContext(connection) as run:
        assert Api().get("/me", **bearer).status_code == 200
    cost["read"] = len(run)
    with CaptureQueriesContext(connection) as run:
        assert Api().post("/auth/logout-all", **bearer).status_code == 200
    cost["log-out"] = len(run)
    return cost


def test_with_ten_thousand_sessions_each_request_costs_as_before():
    before = commands(make_user())
    user = make_user()
    grow(user)
    assert commands(user) == before
    assert before["log-in"] > 0


def test_what_has_ended_is_deleted_and_what_lives_stays():
    user = make_user()
    at = now()
    session = workflow.open_session(user, at=at, device="tests", address="")
    pair = tokens.pair(session, at=at)
    grow(user)
    workflow.prune(now())
    assert Session.objects.count() == MANY - EXPIRED + 1
    assert MailToken.objects.count() == MANY - EXPIRED
    assert not Session.objects.filter(expires_at__lt=now()).exists()
    bearer = {"Authorization": f"Bearer {pair['access']}"}
    assert Api().get("/me", **bearer).status_code == 200
    answer = Api().post("/auth/refresh", {"refresh": pair["refresh"]})
    assert answer.status_code == 200


def test_a_pruned_sessions_refresh_token_is_401():
    user = make_user()
    at = now()
    session = workflow.open_session(user, at=at, device="tests", address="")
    pair = tokens.pair(session, at=at)
    Session.objects.filter(pk=session.pk).update(expires_at=at - timedelta(days=1))
    workflow.prune(now())
    answer = Api().post("/auth/refresh", {"refresh": pair["refresh"]})
    assert answer.status_code == 401
