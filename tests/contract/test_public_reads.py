"""What anybody may read is cacheable; what a token sees is not."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from registrations import workflow
from tests.contract.answers import check_answer, refusal
from tests.contract.world import World
from tests.factories import make_competition, make_staff, make_stage

pytestmark = pytest.mark.django_db

PUBLIC = "public, max-age=0, s-maxage=30, stale-while-revalidate=300"
PRIVATE = "private, no-store"
PATHS = [
    "/institutions",
    "/competitions",
    "/competitions/{competition}",
    "/competitions/{competition}/stages",
    "/stages/{stage}",
    "/receipts/{receipt}",
    "/competitions/{announced}/leaderboard",
]
WITH_DATE = ["/competitions/{competition}", "/stages/{stage}"]


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.mark.parametrize("template", PATHS)
def test_an_anonymous_read_may_be_cached_and_asked_again(world, anyone, template):
    path = world.path(template)
    first = anyone.get(path)
    assert first["Cache-Control"] == PUBLIC
    assert {v.strip() for v in first["Vary"].split(",")} == {"Authorization", "Origin"}
    assert first["ETag"].startswith('"')
    for tags in (first["ETag"], f'"x", {first["ETag"]}', "*", f"W/{first['ETag']}"):
        again = anyone.get(path, If_None_Match=tags)
        assert again.status_code == 304
        check_answer(again)
        for header in ("ETag", "Cache-Control", "Vary"):
            assert again[header] == first[header]
    assert anyone.get(path, If_None_Match='"other"').status_code == 200


@pytest.mark.parametrize("template", PATHS)
def test_head_is_get_without_the_body(world, anyone, template):
    path = world.path(template)
    read, head = anyone.get(path), anyone.request("HEAD", path)
    assert head.content == b""
    for header in ("ETag", "Cache-Control", "Vary", "Content-Type"):
        assert head[header] == read[header]
    unchanged = anyone.request("HEAD", path, If_None_Match=read["ETag"])
    assert unchanged.status_code == 304


@pytest.mark.parametrize("template", PATHS)
def test_a_read_with_a_token_is_private(world, template):
    path = world.path(template)
    response = world.client("owner").get(path)
    assert response.status_code == 200
    assert response["Cache-Control"] == PRIVATE
    tag = response.get("ETag", '"none"')
    assert world.client("owner").get(path, If_None_Match=tag).status_code == 200


@pytest.mark.parametrize("template", PATHS)
def test_a_bad_token_is_refused_here_too(world, anyone, template):
    path = world.path(template)
    tag = anyone.get(path)["ETag"]
    anyone.token = "abc"
    for headers in ({}, {"If_None_Match": tag}):
        response = anyone.get(path, **headers)
        assert refusal(response) == (401, "token_invalid")
        assert response["Cache-Control"] == PRIVATE


@pytest.mark.parametrize("template", WITH_DATE)
def test_a_detail_tells_when_it_changed(world, anyone, template):
    path = world.path(template)
    moment = parsedate_to_datetime(anyone.get(path)["Last-Modified"])
    row = world.competition if "competitions" in template else world.stage
    row.refresh_from_db()
    assert moment == row.updated_at.replace(microsecond=0)


@pytest.mark.parametrize("template", PATHS)
def test_conditions_for_changes_say_nothing_about_a_read(world, anyone, template):
    path, yore = world.path(template), "Thu, 01 Jan 1970 00:00:00 GMT"
    for header, value in {
        "If-Match": '"x"',
        "If-Unmodified-Since": yore,
        "If-Modified-Since": yore,
        "Range": "bytes=0-1",
        "If-Range": yore,
    }.items():
        response = anyone.get(path, **{header: value})
        assert response.status_code == 200
        check_answer(response)


@pytest.mark.parametrize("path", ["/competitions", "/competitions/{competition}"])
def test_a_change_gives_another_tag(world, anyone, path):
    path = world.path(path)
    before = anyone.get(path)["ETag"]
    changed = {"summary": "Changed"}
    workflow.change_competition(world.competition, by=make_staff(), **changed)
    after = anyone.get(path, If_None_Match=before)
    assert after.status_code == 200
    assert after["ETag"] != before


@pytest.mark.parametrize("template", PATHS)
def test_refusals_are_never_cached(world, anyone, template):
    response = anyone.get(f"{world.path(template)}?nothing=1")
    assert response.status_code == 400
    assert response["Cache-Control"] == PRIVATE
    assert "ETag" not in response


def test_only_organisers_see_drafts(world, anyone):
    draft = make_competition(published=False)
    make_stage(draft)
    hidden = [f"/competitions/{draft.slug}", f"/competitions/{draft.slug}/stages"]
    for path in hidden:
        missing = anyone.get(path.replace(draft.slug, "no-such"))
        for reader in (anyone, world.client("owner")):
            assert reader.get(path).content == missing.content
        assert world.client("staff").get(path).status_code == 200
    slugs = [
        {row["slug"] for row in reader.get("/competitions").json()["data"]["results"]}
        for reader in (anyone, world.client("owner"), world.client("staff"))
    ]
    assert [draft.slug in seen for seen in slugs] == [False, False, True]


@pytest.mark.parametrize(
    "template", ["/me", "/registrations", "/registrations/{draft}"]
)
def test_own_resources_are_private_and_not_compressed(world, template):
    path = world.path(template)
    response = world.client("owner").get(path, Accept_Encoding="gzip, br")
    assert response["Cache-Control"] == PRIVATE
    assert "Content-Encoding" not in response
