"""One refresh token, one successor, however many ask at once.

``RACE_ROUNDS=200`` is the long form.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.conf import settings as configured

from accounts import tokens, workflow
from accounts.models import AuditEvent, Session, User
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.rules import RuleViolation
from tests.api import Api
from tests.database import ENGINE
from tests.factories import make_user
from tests.racing import race
from tests.serving import served

pytestmark = pytest.mark.django_db

ROUNDS = int(os.environ.get("RACE_ROUNDS", "2"))
PARALLEL = 50
PROCESSES = 4 if ENGINE == "mongodb" else 2


def log_in(user: User) -> tuple[Session, str]:
    """A new session and its refresh token."""
    at = now()
    session = workflow.open_session(user, at=at, device="tests", address="")
    return session, str(tokens.pair(session, at=at)["refresh"])


def jti(raw: str) -> str:
    options: Any = {"verify_signature": False}
    return str(jwt.decode(raw, options=options)["jti"])


def refresh(raw: str) -> Any:
    return Api().post("/auth/refresh", {"refresh": raw})


def successors(answers: list[Any]) -> set[str]:
    return {jti(a.json()["data"]["refresh"]) for a in answers if a.status_code == 200}


def aged(session: Session, seconds: float) -> None:
    """Let so many seconds pass since the last rotation."""
    then = now() - timedelta(seconds=seconds)
    Session.objects.filter(pk=session.pk).update(rotated_at=then)


def test_of_50_parallel_refreshes_one_rotates_and_all_get_its_successor():
    session, raw = log_in(make_user())
    for _round in range(ROUNDS):
        answers = race(*[lambda token=raw: refresh(token)] * PARALLEL)
        assert [answer.status_code for answer in answers] == [200] * PARALLEL
        assert len(successors(answers)) == 1
        session.refresh_from_db()
        assert session.previous_jti == jti(raw)
        assert {session.refresh_jti} == successors(answers)
        raw = answers[0].json()["data"]["refresh"]
    assert session.revoked_at is None


def test_several_processes_agree_on_one_successor(tmp_path: Path):
    session, raw = log_in(make_user())
    with served(tmp_path / "log", workers=PROCESSES, REDIS_URL="") as server:
        for _round in range(ROUNDS):
            bodies = [({"refresh": raw}, {})] * PARALLEL
            answers = server.post_at_once("/auth/refresh", bodies)
            assert {answer.status for answer in answers} == {200}
            found = {answer.body["data"]["refresh"] for answer in answers}
            assert len(found) == 1
            raw = found.pop()
            session.refresh_from_db()
            assert session.refresh_jti == jti(raw)


def test_control_reading_and_then_writing_hands_out_several(monkeypatch):
    def rotate(session_id: Any, *, jti: str, ver: int, at: Any) -> Session:
        session = Session.objects.select_related("user").get(pk=session_id)
        if jti not in {session.refresh_jti, session.previous_jti}:
            raise RuleViolation("token_revoked")
        session.previous_jti, session.refresh_jti = jti, uuid4().hex
        session.save()
        return session

    monkeypatch.setattr(workflow, "rotate", rotate)
    found = set()
    for _round in range(ROUNDS):
        _session, raw = log_in(make_user())
        found |= successors(race(*[lambda token=raw: refresh(token)] * PARALLEL))
    assert len(found) > ROUNDS


def test_after_ten_seconds_a_used_token_ends_the_session_and_is_told():
    user = make_user()
    session, raw = log_in(user)
    newer = refresh(raw).json()["data"]
    aged(session, 10.5)
    answer = refresh(raw)
    assert answer.status_code == 401
    assert answer.json()["data"]["code"] == "token_revoked"
    session.refresh_from_db()
    assert session.revoked_at is not None
    event = AuditEvent.objects.get(action="session.refresh_token_reused")
    assert event.object_id == session.pk
    assert OutboxMessage.objects.get(kind="token_reused").recipient == user.email
    assert refresh(newer["refresh"]).status_code == 401
    bearer = {"Authorization": f"Bearer {newer['access']}"}
    assert Api().get("/me", **bearer).status_code == 401


def test_of_50_parallel_thefts_one_is_logged():
    session, raw = log_in(make_user())
    assert refresh(raw).status_code == 200
    aged(session, 60)
    answers = race(*[lambda: refresh(raw)] * PARALLEL)
    assert {answer.status_code for answer in answers} == {401}
    assert AuditEvent.objects.filter(action="session.refresh_token_reused").count() == 1
    assert OutboxMessage.objects.filter(kind="token_reused").count() == 1


def test_the_token_before_the_last_ends_the_session_within_the_ten_seconds_too():
    session, oldest = log_in(make_user())
    older = refresh(oldest).json()["data"]["refresh"]
    newest = refresh(older).json()["data"]["refresh"]
    assert refresh(oldest).status_code == 401
    assert refresh(newest).status_code == 401
    session.refresh_from_db()
    assert session.revoked_at is not None


def test_there_is_no_grace_once_the_session_is_revoked():
    session, raw = log_in(make_user())
    assert refresh(raw).status_code == 200
    workflow.end_session(session, by=None, at=now())
    assert refresh(raw).status_code == 401
    assert not AuditEvent.objects.filter(action="session.refresh_token_reused").exists()


def test_another_session_of_the_person_goes_on():
    user = make_user()
    stolen, raw = log_in(user)
    _other, kept = log_in(user)
    refresh(raw)
    aged(stolen, 60)
    assert refresh(raw).status_code == 401
    assert refresh(kept).status_code == 200


def test_a_session_lives_as_long_as_it_is_carried_on_and_no_longer():
    session, raw = log_in(make_user())
    session.refresh_from_db()
    first = session.expires_at
    newer = refresh(raw).json()["data"]["refresh"]
    session.refresh_from_db()
    assert session.expires_at >= first
    Session.objects.filter(pk=session.pk).update(expires_at=now())
    assert refresh(newer).status_code == 401


def test_refresh_races_with_log_out_and_loses():
    """Whoever comes first, after a log-out nothing that was handed out is good."""
    for _round in range(ROUNDS):
        session, raw = log_in(make_user())
        calls = [lambda token=raw: refresh(token)] * 10
        out = [lambda row=session: workflow.end_session(row, by=None, at=now())]
        answers = race(*calls, *out)[:-1]
        for answer in answers:
            assert answer.status_code in {200, 401}
            if answer.status_code == 200:
                pair = answer.json()["data"]
                assert refresh(pair["refresh"]).status_code == 401
                bearer = {"Authorization": f"Bearer {pair['access']}"}
                assert Api().get("/me", **bearer).status_code == 401


def test_of_20_parallel_log_outs_each_is_kept():
    """Each writes the list on the person's row; none overwrites another's."""
    user = make_user()
    held = [log_in(user) for _device in range(20)]
    pairs = [refresh(raw).json()["data"] for _session, raw in held]
    race(
        *[
            lambda row=row: workflow.end_session(row, by=user, at=now())
            for row, _ in held
        ]
    )
    for pair in pairs:
        bearer = {"Authorization": f"Bearer {pair['access']}"}
        assert Api().get("/me", **bearer).status_code == 401
    user.refresh_from_db()
    assert len(user.ended_sessions) == user.sessions_ended == 20
    assert user.version == 1


def test_an_ended_session_is_forgotten_when_its_tokens_are_dead():
    user = make_user()
    first, second = log_in(user)[0], log_in(user)[0]
    workflow.end_session(first, by=user, at=now() - timedelta(days=2))
    workflow.end_session(second, by=user, at=now())
    user.refresh_from_db()
    assert [ended for ended, _until in user.ended_sessions] == [second.pk.hex]
    assert user.has_ended(second.pk)


def test_the_keys_of_the_settings_are_what_the_tests_assume():
    assert configured.REFRESH_REUSE_SECONDS == 10
