"""The second factor at the admin's log-in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from django.test import Client

from accounts import workflow
from accounts.models import AuditEvent, StaffTotp, User
from accounts.workflow import second_factor
from competition_site.clock import now
from competition_site.rules import RuleViolation
from tests.factories import PASSWORD, make_admin, make_staff, make_user
from tests.racing import race

pytestmark = pytest.mark.django_db

WRONG = "E-mail, password or code is wrong"


def code_of(secret: str, at: datetime | None = None, *, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(at or now(), counter_offset=steps)


def log_in(user: User, password: str = PASSWORD, code: str = "", **headers: str) -> Any:
    client = Client(headers=headers)
    form = {"username": user.email, "password": password, "otp_code": code}
    return client.post("/admin/login/?next=/admin/", form | {"next": "/admin/"})


def is_admitted(response: Any) -> bool:
    return response.status_code == 302 and response["Location"] == "/admin/"


@pytest.fixture
def secret(staff: User) -> str:
    return workflow.enrol_second_factor(staff, by=None)


def test_an_organiser_without_one_logs_in_by_password(staff: User) -> None:
    assert is_admitted(log_in(staff))


def test_who_has_one_must_give_its_code(staff: User, secret: str) -> None:
    assert not is_admitted(log_in(staff))
    assert not is_admitted(log_in(staff, code="000000"))
    assert is_admitted(log_in(staff, code=code_of(secret)))


def test_the_page_draws_the_field_and_loads_from_here_only(anyone: Any) -> None:
    page = Client().get("/admin/login/")
    text = page.content.decode()
    assert 'name="otp_code"' in text
    assert 'autocomplete="one-time-code"' in text
    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert "style=" not in text


def test_wrong_password_and_wrong_code_read_alike(staff: User, secret: str) -> None:
    answers = [
        log_in(staff, password="wrong", code=code_of(secret)),
        log_in(staff, code="000000"),
        log_in(staff, password="wrong", code="000000"),
        log_in(make_user(), code="000000"),
        log_in(User(email="nobody@mail.example"), code="000000"),
        log_in(make_staff(is_active=False)),
    ]
    errors = {tuple(a.context["form"].non_field_errors()) for a in answers}
    assert {a.status_code for a in answers} == {200}
    assert len(errors) == 1
    assert WRONG in errors.pop()[0]


def test_every_refusal_costs_one_hash_and_two_reads(
    staff: User, secret: str, django_assert_num_queries: Any, monkeypatch: Any
) -> None:
    hashes: list[str] = []
    codes: list[str] = []
    hasher = "django.contrib.auth.hashers.MD5PasswordHasher.encode"
    from django.contrib.auth.hashers import MD5PasswordHasher

    encode = MD5PasswordHasher.encode
    step_of = second_factor._step_of
    monkeypatch.setattr(hasher, lambda *a: hashes.append("") or encode(*a))
    monkeypatch.setattr(
        second_factor, "_step_of", lambda *a: codes.append("") or step_of(*a)
    )
    for email, password, code in (
        (staff.email, "wrong", code_of(secret)),
        (staff.email, PASSWORD, "000000"),
        ("nobody@mail.example", PASSWORD, "000000"),
    ):
        hashes.clear()
        codes.clear()
        with (
            django_assert_num_queries(2),
            pytest.raises(RuleViolation, match="wrong"),
        ):
            workflow.admit_organiser(email, password, code, at=now())
        assert (len(hashes), len(codes)) == (1, 1)


def test_a_code_is_good_once(staff: User, secret: str) -> None:
    code = code_of(secret)
    assert is_admitted(log_in(staff, code=code))
    assert not is_admitted(log_in(staff, code=code))


def test_of_two_that_send_one_code_one_is_admitted(staff: User, secret: str) -> None:
    at = now()
    code = code_of(secret, at)

    def enter() -> User:
        return workflow.admit_organiser(staff.email, PASSWORD, code, at=at)

    outcomes = race(*[enter] * 8)
    assert sum(isinstance(o, User) for o in outcomes) == 1
    refused = [o for o in outcomes if isinstance(o, RuleViolation)]
    assert len(refused) == 7


def test_without_the_conditional_update_a_replay_is_admitted(
    staff: User, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the two tests above."""
    monkeypatch.setattr(second_factor, "_use", lambda *_: True)
    at = now()
    code = code_of(secret, at)
    for _again in range(2):
        workflow.admit_organiser(staff.email, PASSWORD, code, at=at)


@pytest.mark.parametrize(
    ("steps", "admitted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_the_window_is_one_step_either_way(
    staff: User, secret: str, steps: int, admitted: bool
) -> None:
    at = datetime(2026, 11, 23, 8, 0, 15, tzinfo=UTC)
    code = code_of(secret, at, steps=steps)
    if admitted:
        assert workflow.admit_organiser(staff.email, PASSWORD, code, at=at) == staff
    else:
        with pytest.raises(RuleViolation):
            workflow.admit_organiser(staff.email, PASSWORD, code, at=at)


def test_after_a_later_code_an_earlier_one_is_void(staff: User, secret: str) -> None:
    at = datetime(2026, 11, 23, 8, 0, 15, tzinfo=UTC)
    ahead, current = code_of(secret, at, steps=1), code_of(secret, at)
    workflow.admit_organiser(staff.email, PASSWORD, ahead, at=at)
    with pytest.raises(RuleViolation):
        workflow.admit_organiser(staff.email, PASSWORD, current, at=at)
    later = at + timedelta(minutes=1)
    workflow.admit_organiser(staff.email, PASSWORD, code_of(secret, later), at=later)


def test_spaces_in_a_code_are_no_error(staff: User, secret: str) -> None:
    code = code_of(secret)
    assert is_admitted(log_in(staff, code=f" {code[:3]} {code[3:]} "))


@pytest.mark.parametrize("code", ["x" * 21, "12345\0", "١٢٣٤٥٦", "'; --", "0", "-1"])
def test_odd_codes_are_refused(staff: User, secret: str, code: str) -> None:
    response = log_in(staff, code=code)
    assert response.status_code == 200
    assert not is_admitted(response)


def test_an_overlong_code_tells_nothing_of_the_password(
    staff: User, secret: str
) -> None:
    right = log_in(staff, code="1" * 21)
    wrong = log_in(staff, password="wrong", code="1" * 21)
    shown = [r.context["form"].errors.get_json_data() for r in (right, wrong)]
    assert shown[0] == shown[1]


def test_the_setting_refuses_organisers_without_one(staff: User, settings: Any) -> None:
    settings.REQUIRE_STAFF_TOTP = True
    response = log_in(staff)
    assert not is_admitted(response)
    assert "enroll_totp" in response.content.decode()
    wrong = log_in(staff, password="wrong")
    assert "enroll_totp" not in wrong.content.decode()
    secret = workflow.enrol_second_factor(staff, by=None)
    assert is_admitted(log_in(staff, code=code_of(secret)))


def test_attempts_are_counted_with_those_of_the_api(
    staff: User, settings: Any, anyone: Any
) -> None:
    settings.THROTTLE_LIMITS = settings.THROTTLE_LIMITS | {"login": "3/1h"}
    body = {"email": staff.email, "password": "wrong"}
    assert anyone.post("/auth/login", body).status_code == 401
    assert WRONG in log_in(staff, password="wrong").content.decode()
    assert is_admitted(log_in(staff))
    refused = log_in(staff)
    assert refused.status_code == 200
    assert "Too many requests" in refused.content.decode()
    assert anyone.post("/auth/login", body).status_code == 429


@pytest.mark.parametrize("scope", ["login", "login_account", "login_address"])
def test_each_limit_stops_the_log_in(staff: User, settings: Any, scope: str) -> None:
    settings.THROTTLE_LIMITS = settings.THROTTLE_LIMITS | {scope: "1/1h"}
    assert is_admitted(log_in(staff))
    assert "Too many requests" in log_in(staff).content.decode()


def test_only_organisers_have_one_and_only_one(staff: User) -> None:
    with pytest.raises(RuleViolation) as refused:
        workflow.enrol_second_factor(make_user(), by=None)
    assert refused.value.code == "not_eligible"
    workflow.enrol_second_factor(staff, by=None)
    with pytest.raises(RuleViolation) as refused:
        workflow.enrol_second_factor(staff, by=None)
    assert refused.value.code == "already_exists"


def test_of_two_enrolments_one_counts(staff: User) -> None:
    outcomes = race(*[lambda: workflow.enrol_second_factor(staff, by=None)] * 4)
    secrets = [o for o in outcomes if isinstance(o, str)]
    assert secrets == [StaffTotp.objects.get(user=staff).secret]
    assert len([o for o in outcomes if isinstance(o, RuleViolation)]) == 3


def test_removed_it_is_no_longer_asked_for(staff: User, secret: str) -> None:
    admin = make_admin()
    assert workflow.remove_second_factor(staff, by=admin)
    assert not workflow.remove_second_factor(staff, by=admin)
    assert is_admitted(log_in(staff))
    actions = list(
        AuditEvent.objects.filter(object_id=staff.pk)
        .order_by("id")
        .values_list("action", flat=True)
    )
    assert actions == [
        "account.second_factor_enrolled",
        "account.second_factor_removed",
    ]


def test_the_admins_session_ends_with_the_tokens(staff: User) -> None:
    client = Client()
    form = {"username": staff.email, "password": PASSWORD}
    client.post("/admin/login/", form)
    assert client.get("/admin/").status_code == 200
    workflow.end_all_sessions(staff, by=staff, at=now())
    assert client.get("/admin/").status_code == 302


def test_a_password_changed_in_the_admin_ends_the_other_sessions(
    staff: User, as_user: Any
) -> None:
    api = as_user(staff)
    client, other = Client(), Client()
    form = {"username": staff.email, "password": PASSWORD}
    for one in (client, other):
        one.post("/admin/login/", form)
    changed = client.post(
        "/admin/password_change/",
        {
            "old_password": PASSWORD,
            "new_password1": "gunung meletus 7",
            "new_password2": "gunung meletus 7",
        },
    )
    assert changed.status_code == 302
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302
    assert api.get("/me").json()["data"]["code"] == "token_revoked"
    staff.refresh_from_db()
    assert staff.check_password("gunung meletus 7")
    assert AuditEvent.objects.filter(action="account.password_changed").exists()
