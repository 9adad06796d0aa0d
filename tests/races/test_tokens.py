"""One refresh token from many tabs, one address from many forms."""

from __future__ import annotations

import jwt

from accounts import tokens, workflow
from accounts.models import Session, User
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from tests.factories import PASSWORD, make_user
from tests.races.constraints import without_unique_column
from tests.races.crowd import ROUNDS, Ask, Crowd, Reply, can_be_lost, outcomes
from tests.servers import Server

TABS, FORMS = 50, 16


def all_refresh(crowd: Crowd) -> tuple[str, Session, list[Reply]]:
    at = now()
    session = workflow.open_session(make_user(), at=at, device="", address="")
    body = {"refresh": tokens.pair(session, at=at)["refresh"]}
    replies = crowd.ask(Ask("/auth/refresh", body) for _ in range(TABS))
    before = session.refresh_jti
    session.refresh_from_db()
    return before, session, replies


def _successors(replies: list[Reply]) -> set[str]:
    pairs = [reply.body for reply in replies if reply.status == 200]
    decode = {"verify_signature": False}
    return {jwt.decode(pair["refresh"], options=decode)["jti"] for pair in pairs}


def test_fifty_tabs_rotate_one_refresh_token_once(server: Server) -> None:
    crowd = Crowd(server.url, f"{TABS} refreshes of one token")
    for _ in range(ROUNDS):
        before, session, replies = all_refresh(crowd)
        assert outcomes(replies) == {("200", TABS)}
        assert _successors(replies) == {session.refresh_jti}
        assert session.previous_jti == before
        assert session.revoked_at is None
    crowd.require_healthy()


def test_control_check_then_act_gives_several_successors(
    check_then_act: Server,
) -> None:
    crowd = Crowd(check_then_act.url, "control: refreshes")
    assert can_be_lost(lambda: len(_successors(all_refresh(crowd)[-1])) > 1)


def all_register(crowd: Crowd, address: str) -> list[Reply]:
    forms = (
        {"email": form(address), "password": PASSWORD, "full_name": "Sari"}
        for form in [str.lower, str.upper, str.title, " {} ".format] * (FORMS // 4)
    )
    return crowd.ask(Ask("/auth/register", body) for body in forms)


def test_one_address_opens_one_account(server: Server) -> None:
    crowd = Crowd(server.url, f"{FORMS} accounts with one address")
    for number in range(ROUNDS):
        address = f"sari{number}@kampus.example"
        replies = all_register(crowd, address)
        assert outcomes(replies) == {("201", 1), ("409 email_taken", FORMS - 1)}
        assert User.objects.filter(email=address).count() == 1
        assert OutboxMessage.objects.filter(recipient=address).count() == 1
    crowd.require_healthy()


def test_control_without_the_unique_column_there_are_many(server: Server) -> None:
    crowd = Crowd(server.url, "control: accounts")
    with without_unique_column(User, "email"):
        all_register(crowd, "sari@kampus.example")
        assert User.objects.filter(email="sari@kampus.example").count() > 1
