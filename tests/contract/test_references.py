"""Ids in bodies, forms and filters reach no further than ids in paths."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from registrations.models import Document, Registration
from submissions.models import Submission
from tests.contract.answers import errors_of, refusal
from tests.contract.lists import rows_of
from tests.contract.world import World
from tests.factories import PDF, make_approved, make_competition, make_stage, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    return World()


def begin(world: World, actor: str, **body: Any):
    """Begin work with the team's registration and stage, but for what is given."""
    own = {"registration": world.key("approved"), "stage": world.key("stage")}
    return world.client(actor).post("/submissions", {"title": "Ours", **own, **body})


def test_a_foreign_registration_is_answered_like_a_missing_one(world):
    foreign = begin(world, "stranger")
    missing = begin(world, "stranger", registration=str(uuid4()))
    assert refusal(foreign) == (404, "not_found")
    assert foreign.content == missing.content
    assert list(foreign.json()["data"]["errors"]) == ["registration"]
    assert not Submission.objects.exists()


def test_the_own_registration_goes_with_stages_of_its_competition_only(world):
    crossed = begin(world, "owner", stage=str(make_stage().pk))
    assert refusal(crossed)[0] == 404
    hidden = make_stage(make_competition(published=False))
    unknown = begin(world, "owner", stage=str(uuid4()))
    assert begin(world, "owner", stage=str(hidden.pk)).content == unknown.content
    assert not Submission.objects.exists()
    assert begin(world, "owner").status_code == 201


@pytest.mark.parametrize(
    "value", ["abc", 5, None, {"$ne": 1}, ["a"], "", True, "0" * 24]
)
@pytest.mark.parametrize("field", ["registration", "stage"])
def test_what_is_no_id_is_a_bad_value(world, field, value):
    assert list(errors_of(begin(world, "owner", **{field: value}))) == [field]


def test_a_hidden_competition_is_answered_like_a_missing_one(world):
    hidden = make_competition(published=False)
    answers = [
        world.client("owner").post(
            "/registrations", {"competition": slug, "team_name": "Ours"}
        )
        for slug in (hidden.slug, "no-such")
    ]
    assert refusal(answers[0]) == (404, "not_found")
    assert answers[0].content == answers[1].content
    assert not Registration.objects.exists()


def test_a_document_is_for_a_member_only(world):
    path = world.path("/registrations/{draft}/documents")
    answers = [
        world.client("owner").upload(
            path, "a.pdf", PDF, fields={"kind": "student_card", "member": str(member)}
        )
        for member in (world.stranger.pk, uuid4())
    ]
    assert list(errors_of(answers[0])) == ["member"]
    assert answers[0].content == answers[1].content
    assert not Document.objects.exists()


def test_a_member_hands_in_no_document_of_another(world):
    path = world.path("/registrations/{draft}/documents")
    fields = {"kind": "student_card", "member": str(world.owner.pk)}
    response = world.client("mate").upload(path, "a.pdf", PDF, fields=fields)
    assert refusal(response) == (403, "permission_denied")
    assert not Document.objects.exists()


def test_a_hidden_competition_filters_like_a_missing_one(world):
    hidden = make_competition(published=False)
    for path in ("/registrations", "/submissions"):
        answers = [
            world.client("owner").get(f"{path}?competition={slug}")
            for slug in (hidden.slug, "no-such")
        ]
        assert list(errors_of(answers[0])) == ["competition"]
        assert answers[0].content == answers[1].content


def test_a_file_is_reached_through_its_own_submission_only(world):
    other = make_approved(competition=world.competition, leader=make_user())
    leader = World()
    leader.owner = other.leader
    path = world.path("/submission-files/{file}")
    assert refusal(leader.client("owner").delete(path))[0] == 404
    assert refusal(leader.client("owner").get(f"{path}/content"))[0] == 404
    world.file.refresh_from_db()
    assert world.file.removed_at is None


def test_members_see_each_others_documents_without_name_hash_or_link(world):
    path = world.path("/registrations/{draft}")
    assert world.document.pk
    seen = {
        actor: world.client(actor).get(path).json()["data"]["documents"][0]
        for actor in ("owner", "mate", "staff")
    }
    private = ("file_name", "size", "sha256", "href")
    assert all(seen["owner"][name] and seen["staff"][name] for name in private)
    assert [seen["mate"][name] for name in private] == [None] * 4


def test_nobodys_address_or_numbers_are_in_a_registration(world):
    canaries = {
        "email": "canary-mail@mail.example",
        "phone": "+62 4711 0815",
        "student_number": "canary-number",
    }
    for field, value in canaries.items():
        setattr(world.mate, field, value)
    world.mate.save()
    path = world.path("/registrations/{draft}")
    for actor in ("owner", "staff", "admin"):
        client = world.client(actor)
        content = client.get(path).content + client.get("/registrations").content
        assert world.mate.full_name.encode() in content
        assert not [v for v in canaries.values() if v.encode() in content]
        assert rows_of(client.get("/registrations"))
