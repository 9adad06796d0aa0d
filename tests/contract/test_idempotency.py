"""Idempotency-Key: a POST that is sent twice runs once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import AuditEvent, User
from competition_site.api.models import IdempotencyKey
from competition_site.clock import now
from registrations.models import Competition, Document, Registration
from tests.contract.answers import errors_of, refusal
from tests.contract.world import World
from tests.factories import PASSWORD, PDF, make_competition, make_user
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return World()


def enter(api, competition, *, key: str = "k1", **body):
    body = {"competition": competition.slug, "team_name": "Rajawali", **body}
    return api.post("/registrations", body, Idempotency_Key=key)


def test_a_repetition_gets_the_first_answer(world):
    api = world.client("owner")
    first = enter(api, world.competition)
    second = enter(api, world.competition)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    for header in ("ETag", "Location", "Content-Type"):
        assert first[header] == second[header]
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert Registration.objects.count() == 1
    assert AuditEvent.objects.filter(action="registration.created").count() == 1


def test_a_repetition_is_known_after_a_token_refresh(world):
    login = {"email": world.owner.email, "password": PASSWORD}
    api = world.client("anonymous")
    tokens = api.post("/auth/login", login).json()["data"]
    api.token = tokens["access"]
    first = enter(api, world.competition)
    api.token = None
    refreshed = api.post("/auth/refresh", {"refresh": tokens["refresh"]})
    api.token = refreshed.json()["data"]["access"]
    second = enter(api, world.competition)
    assert second["Idempotency-Replayed"] == "true"
    assert second.content == first.content


def test_the_order_of_keys_and_blanks_is_no_difference(world):
    api = world.client("owner")
    first = enter(api, world.competition)
    body = f'{{ "team_name":"Rajawali",\n"competition": "{world.competition.slug}"}}'
    second = api.client.post(
        "/api/v1/registrations/",
        body,
        content_type="application/json; charset=utf-8",
        headers={"Authorization": f"Bearer {api.token}", "Idempotency-Key": "k1"},
    )
    assert (second.status_code, second.content) == (201, first.content)


@pytest.mark.parametrize("changed", [{"team_name": "Elang"}, {"submit": False}])
def test_another_body_under_the_same_key_is_refused(world, changed):
    api = world.client("owner")
    enter(api, world.competition)
    response = enter(api, world.competition, **changed)
    assert refusal(response) == (422, "idempotency_key_reused")
    assert Registration.objects.count() == 1


def test_a_refusal_frees_the_key(world):
    api = world.client("owner")
    assert refusal(enter(api, world.competition, team_name=""))[0] == 400
    closed = make_competition(registration_closes_at=now() - timedelta(hours=1))
    assert refusal(enter(api, closed)) == (409, "registration_not_open")
    assert not IdempotencyKey.objects.exists()
    assert enter(api, world.competition).status_code == 201


def test_a_refused_verb_frees_the_key(world):
    api = world.client("owner")
    path = world.path("/registrations/{draft}/submit")
    Competition.objects.update(team_size_min=3)
    assert refusal(api.post(path, Idempotency_Key="k"))[1] == "team_too_small"
    assert not IdempotencyKey.objects.exists()


def test_keys_are_each_persons_and_each_paths_own(world):
    first = enter(world.client("owner"), world.competition)
    other = enter(world.client("stranger"), world.competition, team_name="Elang")
    assert (first.status_code, other.status_code) == (201, 201)
    path = f"/registrations/{first.json()['data']['id']}/submit"
    submitted = world.client("owner").post(path, Idempotency_Key="k1")
    assert submitted.status_code == 200
    assert "Idempotency-Replayed" not in submitted


@pytest.mark.parametrize(
    "key", ["", "a b", " ", "a" * 129, "é", "a\tb", "\u2003", "a\x7f"]
)
def test_a_bad_key_is_refused_and_nothing_runs(world, key):
    response = enter(world.client("owner"), world.competition, key=key)
    assert list(errors_of(response)) == ["Idempotency-Key"]
    assert not Registration.objects.exists()


@pytest.mark.parametrize("key", ["a", "!", "~" * 128, '{"$ne":1}', "0b7f-4.X_y"])
def test_any_visible_ascii_is_a_key(world, key):
    for _ in range(2):
        response = enter(world.client("owner"), world.competition, key=key)
        assert response.status_code == 201
    assert response["Idempotency-Replayed"] == "true"


def test_log_in_and_its_kin_take_no_notice(anyone):
    person = {"email": "new@mail.example", "password": PASSWORD, "full_name": "New"}
    assert anyone.post("/auth/register", person, Idempotency_Key="k").status_code == 201
    again = anyone.post("/auth/register", person, Idempotency_Key="k")
    assert refusal(again) == (409, "email_taken")
    login = {"email": person["email"], "password": PASSWORD}
    tokens = [
        anyone.post("/auth/login", login, Idempotency_Key="k").json()["data"]["refresh"]
        for _ in range(2)
    ]
    assert tokens[0] != tokens[1]
    assert anyone.post("/auth/login", login, Idempotency_Key="a b").status_code == 200
    assert not IdempotencyKey.objects.exists()


def test_resending_a_mail_takes_no_notice_either(as_user):
    person = make_user(email_verified=False)
    for _ in range(2):
        response = as_user(person).post("/auth/email/resend", Idempotency_Key="k")
        assert "Idempotency-Replayed" not in response
    assert person.mail_tokens.count() == 2


def test_other_methods_take_no_notice(as_user, student):
    api = as_user(student)
    for name in ("One", "Two"):
        response = api.patch("/me", {"full_name": name}, Idempotency_Key="k")
        assert response.json()["data"]["full_name"] == name
    assert api.get("/me", Idempotency_Key="a b").status_code == 200
    assert not IdempotencyKey.objects.exists()


def upload(api, path: str, *, content: bytes = PDF, kind: str = "other"):
    return api.upload(
        path, "a.pdf", content, fields={"kind": kind}, Idempotency_Key="k"
    )


def test_the_same_file_replays_and_another_one_is_refused(world):
    path, api = world.path("/registrations/{draft}/documents"), world.client("owner")
    first, same = upload(api, path), upload(api, path)
    assert first.status_code == 201
    assert same["Idempotency-Replayed"] == "true"  # although its boundary differs
    assert same.content == first.content
    for changed in ({"content": PDF + b"\n"}, {"kind": "payment_proof"}):
        response = upload(api, path, **changed)
        assert refusal(response) == (422, "idempotency_key_reused")
    assert Document.objects.count() == 1


def test_a_replayed_upload_leaves_no_second_file(world, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    path, api = world.path("/registrations/{draft}/documents"), world.client("owner")
    for _ in range(3):
        assert upload(api, path).status_code == 201
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 1


def test_a_deactivated_person_gets_no_replay(world):
    api = world.client("owner")
    enter(api, world.competition)
    User.objects.filter(pk=world.owner.pk).update(is_active=False)
    assert refusal(enter(api, world.competition))[0] == 401


def test_sixteen_at_once_make_one_row(world):
    api, competition = world.client("owner"), world.competition
    responses = race(*[lambda: enter(api, competition)] * 16)
    assert {r.status_code for r in responses} <= {201, 409}
    made = [r for r in responses if r.status_code == 201]
    assert len({r.content for r in made}) == 1
    assert sum("Idempotency-Replayed" not in r for r in made) == 1
    for response in responses:
        if response.status_code == 409:
            assert refusal(response)[1] == "request_in_progress"
            assert int(response["Retry-After"]) >= 1
    assert Registration.objects.count() == 1
    assert enter(api, competition)["Idempotency-Replayed"] == "true"
