"""Codes and keys never change with the language; only sentences do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.answers import check_answer
from tests.contract.world import World

pytestmark = pytest.mark.django_db

REFUSED = [
    ("anonymous", "GET", "/me", None),
    ("anonymous", "GET", "/nowhere", None),
    ("anonymous", "POST", "/auth/login", {}),
    ("anonymous", "GET", "/competitions?page_size=0", None),
    ("owner", "POST", "/competitions", {}),
    ("owner", "POST", "/registrations", {"team_name": "", "nothing": 1}),
    ("owner", "PATCH", "/registrations/{submitted}", {"team_name": "Late"}),
    ("staff", "PATCH", "/stages/{stage}", {"opens_at": "x", "accepts": {}}),
    ("owner", "DELETE", "/me", None),
]


def without_texts(answer: Any) -> Any:
    data = answer["data"]
    return data["code"], {field: len(texts) for field, texts in data["errors"].items()}


@pytest.mark.parametrize(("actor", "method", "path", "body"), REFUSED)
def test_a_refusal_differs_in_its_texts_only(actor, method, path, body):
    world = World()
    api, asked = world.client(actor), world.path(path)
    answers = [
        api.request(method, asked, body, Accept_Language=language)
        for language in ("en", "id", "id-ID,en;q=0.5", "xx", "", "*", "de, id;q=0.1")
    ]
    for response in answers:
        check_answer(response, method)
    assert len({response.status_code for response in answers}) == 1
    kept = [without_texts(response.json()) for response in answers]
    assert all(one == kept[0] for one in kept)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("en", "en"), ("id", "id"), ("id-ID", "id"), ("xx", "en"), ("en;q=0.1,id", "id")],
)
def test_the_language_is_named(anyone, asked, answered):
    for path in ("/competitions", "/me", "/nowhere"):
        response = anyone.get(path, Accept_Language=asked)
        assert response["Content-Language"] == answered


def test_a_successful_read_is_the_same_in_every_language(as_user, student):
    api = as_user(student)
    for path in ("/me", "/competitions"):
        english, indonesian = (
            api.get(path, Accept_Language=language) for language in ("en", "id")
        )
        assert english.json() == indonesian.json()
        assert english.json()["message"] == "OK"


def test_one_request_does_not_set_the_language_of_the_next(anyone):
    plain = anyone.get("/me").content
    anyone.get("/me", Accept_Language="id")
    assert anyone.get("/me").content == plain


@pytest.mark.parametrize("header", ["x" * 200_000, "en," * 60_000, "id;q=" + "9" * 999])
def test_an_absurd_header_is_survived(anyone, header):
    check_answer(anyone.get("/competitions", Accept_Language=header))
