"""Whoever held tokens when a session, a role or an account ended holds nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts import authentication, tokens, workflow
from accounts.models import Session, User
from accounts.roles import Role
from competition_site.clock import now
from tests.api import Api
from tests.factories import PASSWORD, mailed_token, make_admin, make_staff, make_user

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "panda besar 77"


class Holder:
    """A person with live tokens of two devices."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.devices = [self._log_in() for _device in range(2)]

    def _log_in(self) -> dict[str, Any]:
        body = {"email": self.user.email, "password": PASSWORD}
        answer = Api().post("/auth/login", body)
        assert answer.status_code == 200
        pair: dict[str, Any] = answer.json()["data"]
        return pair

    def bearer(self, device: int) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.devices[device]['access']}"}


def deactivate(holder: Holder) -> None:
    user = User.objects.get(pk=holder.user.pk)
    workflow.set_active(user, False, by=make_admin(), at=now())


def delete(holder: Holder) -> None:
    User.objects.get(pk=holder.user.pk).delete()


def demote(holder: Holder) -> None:
    user = User.objects.get(pk=holder.user.pk)
    workflow.set_role(user, Role.PARTICIPANT, by=make_admin())


def change_password(holder: Holder) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    answer = Api().post("/auth/password/change", body, **holder.bearer(1))
    assert answer.status_code == 200


def reset_password(holder: Holder) -> None:
    from competition_site.outbox.models import OutboxMessage

    workflow.forget_password(holder.user.email)
    asked = OutboxMessage.objects.get(kind="reset_password")
    written = workflow.write_reset_mail(asked)
    assert written is not None
    token = written.body.partition("#token=")[2].split()[0]
    body = {"token": token, "new_password": NEW_PASSWORD}
    assert Api().post("/auth/password/reset", body).status_code == 200


def log_out_everywhere(holder: Holder) -> None:
    assert Api().post("/auth/logout-all", **holder.bearer(1)).status_code == 200


def log_out(holder: Holder) -> None:
    body = {"refresh": holder.devices[0]["refresh"]}
    assert Api().post("/auth/logout", body).status_code == 200


def end_the_device(holder: Holder) -> None:
    sid = tokens.read(holder.devices[0]["access"], tokens.AccessToken)["sid"]
    path = f"/auth/sessions/{sid}"
    assert Api().delete(path, **holder.bearer(1)).status_code == 200


EVENTS: dict[str, Callable[[Holder], None]] = {
    event.__name__: event
    for event in (
        deactivate,
        delete,
        demote,
        change_password,
        reset_password,
        log_out_everywhere,
        log_out,
        end_the_device,
    )
}
ONE_DEVICE = {"log_out", "end_the_device"}


KEPT_DEVICE = pytest.mark.parametrize("ended", sorted(ONE_DEVICE), indirect=True)
KEPT_ROW = pytest.mark.parametrize(
    "ended", sorted({*EVENTS} - {"delete"}), indirect=True
)


@pytest.fixture(params=EVENTS)
def ended(request: pytest.FixtureRequest, db: None) -> Holder:
    """Somebody to whom one of the events has just happened."""
    holder = Holder(make_staff())
    for device in range(2):
        assert Api().get("/me", **holder.bearer(device)).status_code == 200
    EVENTS[request.param](holder)
    return holder


def dead_devices(request: pytest.FixtureRequest) -> list[int]:
    return [0] if request.node.callspec.params["ended"] in ONE_DEVICE else [0, 1]


def test_the_next_write_is_401_and_changes_nothing(
    ended: Holder, request: pytest.FixtureRequest
):
    for device in dead_devices(request):
        body = {"full_name": "Taken Over"}
        answer = Api().patch("/me", body, **ended.bearer(device))
        assert answer.status_code == 401
        assert answer.json()["data"]["code"] == "token_revoked"
    assert not User.objects.filter(full_name="Taken Over").exists()


def test_the_next_read_is_401_public_ones_too(
    ended: Holder, request: pytest.FixtureRequest
):
    for device in dead_devices(request):
        for path in ("/me", "/users", "/competitions", "/auth/sessions"):
            assert Api().get(path, **ended.bearer(device)).status_code == 401


def test_the_refresh_token_is_401_and_stays_so(
    ended: Holder, request: pytest.FixtureRequest
):
    for device in dead_devices(request):
        for _attempt in range(2):
            body = {"refresh": ended.devices[device]["refresh"]}
            answer = Api().post("/auth/refresh", body)
            assert answer.status_code == 401
            assert answer.json()["data"]["code"] == "token_revoked"


@KEPT_DEVICE
def test_what_ended_one_device_left_the_other(ended: Holder):
    assert Api().get("/me", **ended.bearer(1)).status_code == 200
    body = {"refresh": ended.devices[1]["refresh"]}
    assert Api().post("/auth/refresh", body).status_code == 200


def test_a_reopened_account_needs_a_new_log_in():
    holder = Holder(make_user())
    deactivate(holder)
    user = User.objects.get(pk=holder.user.pk)
    workflow.set_active(user, True, by=make_admin(), at=now())
    assert Api().get("/me", **holder.bearer(0)).status_code == 401
    body = {"refresh": holder.devices[0]["refresh"]}
    assert Api().post("/auth/refresh", body).status_code == 401
    again = {"email": user.email, "password": PASSWORD}
    assert Api().post("/auth/login", again).status_code == 200


def test_logging_out_with_a_token_of_nobody_is_200():
    """The refresh token is good, its session is gone: the wish is fulfilled."""
    holder = Holder(make_user())
    delete(holder)
    body = {"refresh": holder.devices[0]["refresh"]}
    assert Api().post("/auth/logout", body).status_code == 200


@KEPT_ROW
def test_control_a_reader_that_believes_the_token_alone_lets_them_in(
    ended: Holder, monkeypatch
):
    monkeypatch.setattr(
        authentication, "_user_of", lambda token: User.objects.get(pk=token["id"])
    )
    assert Api().get("/me", **ended.bearer(0)).status_code == 200


def test_a_mailed_link_dies_with_the_account():
    user = make_user(email_verified=False)
    workflow.send_verification(user, at=now())
    token = mailed_token(user.email)
    user.delete()
    assert Session.objects.count() == 0
    answer = Api().post("/auth/email/verify", {"token": token})
    assert answer.status_code == 400
    assert answer.json()["data"]["code"] == "link_invalid"
