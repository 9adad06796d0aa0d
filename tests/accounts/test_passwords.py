"""Passwords: forgotten, reset by a mailed link, changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from accounts import workflow
from accounts.models import AuditEvent, MailToken, Session, User
from competition_site.clock import now
from competition_site.db import transactions
from competition_site.outbox.models import OutboxMessage
from competition_site.outbox.workflow import send_due
from competition_site.rules import RuleViolation
from tests.api import Api
from tests.factories import PASSWORD, make_user
from tests.racing import race

pytestmark = pytest.mark.django_db

NEW = "gunung meletus 7"


def reset_token(user: User) -> str:
    """Ask for a link and read it from the mail that was sent."""
    workflow.forget_password(user.email)
    send_due()
    return mail.outbox[-1].body.partition("#token=")[2].split()[0]


def reset(token: str, password: str = NEW) -> Any:
    body = {"token": token, "new_password": password}
    return Api().post("/auth/password/reset", body)


def change(api: Api, current: str = PASSWORD, new: str = NEW) -> Any:
    body = {"current_password": current, "new_password": new}
    return api.post("/auth/password/change", body)


def can_log_in(user: User, password: str) -> bool:
    body = {"email": user.email, "password": password}
    return Api().post("/auth/login", body).status_code == 200


# --- forgot -------------------------------------------------------------------------
def test_forgot_answers_alike_and_costs_alike(
    student: User, django_assert_num_queries: Any
) -> None:
    """Known, unknown, closed: the same status, body and number of commands."""
    make_user(email="closed@mail.example", is_active=False)
    answers = []
    for email in (student.email, "nobody@mail.example", "closed@mail.example"):
        with django_assert_num_queries(1):
            answers.append(Api().post("/auth/password/forgot", {"email": email}))
    assert {a.status_code for a in answers} == {200}
    assert len({a.content for a in answers}) == 1
    assert OutboxMessage.objects.count() == 3
    assert not MailToken.objects.exists()


def test_only_the_open_account_gets_a_mail(student: User) -> None:
    make_user(email="closed@mail.example", is_active=False)
    for email in (student.email, "nobody@mail.example", "closed@mail.example"):
        workflow.forget_password(email)
    send_due()
    assert [m.to for m in mail.outbox] == [[student.email]]
    states = OutboxMessage.objects.order_by("id").values_list("status", flat=True)
    assert list(states) == ["sent", "dropped", "dropped"]
    assert MailToken.objects.get().user_id == student.pk


def test_the_link_goes_to_the_stored_address_however_it_is_written(
    student: User,
) -> None:
    Api().post("/auth/password/forgot", {"email": f"  {student.email.upper()} "})
    send_due()
    assert mail.outbox[-1].to == [student.email]


def test_more_than_the_limit_is_answered_alike_and_mails_nothing(
    student: User, settings: Any
) -> None:
    settings.THROTTLE_LIMITS = settings.THROTTLE_LIMITS | {"mail_account": "3/1h"}
    body = {"email": student.email}
    answers = [Api().post("/auth/password/forgot", body) for _n in range(10)]
    assert {a.status_code for a in answers} == {200}
    assert len({a.content for a in answers}) == 1
    assert OutboxMessage.objects.count() == 3


# --- reset --------------------------------------------------------------------------
def test_a_reset_sets_the_password_and_proves_the_address() -> None:
    user = make_user(email_verified=False)
    api = Api(user)
    assert reset(reset_token(user)).status_code == 200
    user.refresh_from_db()
    assert user.email_verified
    assert can_log_in(user, NEW)
    assert not can_log_in(user, PASSWORD)
    assert api.get("/me").json()["data"]["code"] == "token_revoked"


def test_a_link_is_good_once(student: User) -> None:
    token = reset_token(student)
    assert reset(token).status_code == 200
    again = reset(token, "danau toba 1234")
    assert (again.status_code, again.json()["data"]["code"]) == (400, "link_invalid")
    assert can_log_in(student, NEW)


def test_of_racing_resets_by_one_link_one_counts(student: User) -> None:
    token = reset_token(student)
    passwords = [f"gunung meletus {n}" for n in range(6)]
    outcomes = race(
        *[
            lambda p=p: workflow.reset_password(token, p, at=now())  # type: ignore[misc]
            for p in passwords
        ]
    )
    assert sum(isinstance(o, User) for o in outcomes) == 1
    refused = {o.code for o in outcomes if isinstance(o, RuleViolation)}
    assert refused == {"link_invalid"}
    winner = next(
        p for p, o in zip(passwords, outcomes, strict=True) if isinstance(o, User)
    )
    assert can_log_in(student, winner)


@pytest.mark.parametrize("event", ["change", "reset", "role", "closed"])
def test_a_link_is_void_after(student: User, admin: User, event: str) -> None:
    token = reset_token(student)
    if event == "change":
        assert change(Api(student)).status_code == 200
    elif event == "reset":
        assert reset(reset_token(student)).status_code == 200
    elif event == "role":
        workflow.set_role(student, "staff", by=admin)
    else:
        workflow.set_active(student, False, by=admin, at=now())
    late = reset(token, "danau toba 1234")
    assert (late.status_code, late.json()["data"]["code"]) == (400, "link_invalid")


def test_an_expired_link_says_so_and_stays_unused(student: User) -> None:
    token = reset_token(student)
    held = MailToken.objects.get()
    workflow_refuses(token, "link_expired", at=held.expires_at)
    held.refresh_from_db()
    assert held.used_at is None
    at = held.expires_at - timedelta(milliseconds=1)
    workflow.reset_password(token, NEW, at=at)


def test_a_link_of_another_kind_is_invalid(student: User) -> None:
    User.objects.filter(pk=student.pk).update(email_verified=False)
    student.refresh_from_db()
    workflow.send_verification(student, at=now())
    body = OutboxMessage.objects.get(kind="verify_email").body
    workflow_refuses(body.partition("#token=")[2].split()[0], "link_invalid")


def test_a_made_up_link_costs_no_hash(student: User, monkeypatch: Any) -> None:
    from accounts.workflow import passwords

    def no_hash(_password: str) -> str:
        pytest.fail("a hash was computed for an unknown link")

    monkeypatch.setattr(passwords, "make_password", no_hash)
    workflow_refuses("made-up", "link_invalid")


@pytest.mark.parametrize("password", ["short", "12345678901", "password", ""])
def test_a_poor_password_leaves_the_link_good(student: User, password: str) -> None:
    token = reset_token(student)
    refused = reset(token, password)
    assert refused.status_code == 400
    assert "new_password" in refused.json()["data"]["errors"]
    assert reset(token).status_code == 200


def test_a_reset_is_told_by_mail_without_the_token(student: User) -> None:
    token = reset_token(student)
    reset(token)
    message = OutboxMessage.objects.get(kind="password_changed")
    assert message.recipient == student.email
    assert token not in message.body
    assert OutboxMessage.objects.get(kind="reset_password").body == ""


# --- change -------------------------------------------------------------------------
def test_a_change_needs_the_current_password(student: User) -> None:
    api = Api(student)
    refused = change(api, current="not mine 123")
    assert refused.status_code == 400
    assert list(refused.json()["data"]["errors"]) == ["current_password"]
    assert api.get("/me").status_code == 200
    assert can_log_in(student, PASSWORD)


def test_a_change_ends_the_other_sessions_and_answers_a_new_pair(
    student: User,
) -> None:
    api, other = Api(student), Api(student)
    changed = change(api)
    assert changed.status_code == 200
    for old in (api, other):
        assert old.get("/me").json()["data"]["code"] == "token_revoked"
    pair = changed.json()["data"]
    api.token = pair["access"]
    assert api.get("/me").status_code == 200
    refreshed = Api().post("/auth/refresh", {"refresh": pair["refresh"]})
    assert refreshed.status_code == 200
    assert Session.objects.live(now()).filter(user=student).count() == 1
    assert AuditEvent.objects.filter(action="account.password_changed").count() == 1


def test_of_two_racing_changes_one_counts(student: User) -> None:
    def to(password: str) -> User:
        return workflow.change_password(
            User.objects.get(pk=student.pk),
            current_password=PASSWORD,
            new_password=password,
            at=now(),
        )

    passwords = ["gunung meletus 1", "gunung meletus 2"]
    outcomes = race(*[lambda p=p: to(p) for p in passwords])
    changed = [
        p for p, o in zip(passwords, outcomes, strict=True) if isinstance(o, User)
    ]
    assert len(changed) == 1
    assert can_log_in(student, changed[0])


def test_a_lost_race_with_another_row_runs_again(
    student: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conflict after the password was written must not read as a revoked token."""
    from accounts.workflow import passwords

    enqueue, calls = passwords.enqueue, []

    def conflict_once(*args: Any, **kwargs: Any) -> OutboxMessage:
        calls.append(args)
        if len(calls) == 1:
            raise transactions.Conflict
        return enqueue(*args, **kwargs)

    monkeypatch.setattr(passwords, "enqueue", conflict_once)
    assert change(Api(student)).status_code == 200
    assert len(calls) == 2
    assert can_log_in(student, NEW)


def test_guesses_at_the_current_password_are_counted(
    student: User, settings: Any
) -> None:
    settings.THROTTLE_LIMITS = settings.THROTTLE_LIMITS | {"login_account": "3/1h"}
    api = Api(student)
    codes = [change(api, current=f"guess {n} 123").status_code for n in range(5)]
    assert codes == [400, 400, 400, 429, 429]


def workflow_refuses(token: str, code: str, **moment: Any) -> None:
    at = moment.get("at") or now()
    with pytest.raises(RuleViolation) as refused:
        workflow.reset_password(token, NEW, at=at)
    assert refused.value.code == code
