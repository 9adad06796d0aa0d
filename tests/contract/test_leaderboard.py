"""Results are seen by organisers, and by everybody once one is released."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from registrations.models import Competition
from submissions.models import ResultSnapshot, Stage
from tests.contract.answers import check_answer, errors_of, refusal
from tests.contract.lists import rows_of
from tests.contract.routes import ROWS
from tests.contract.world import ACTORS, World, names_in

pytestmark = pytest.mark.django_db

BOARD = "/competitions/{competition}/leaderboard"
RESULTS = "/stages/{stage}/results"
EMPTY = {"stage": None, "snapshot": None, "released_at": None, "rows": []}
SCORE = 77.7
PUBLIC_ROW = {"rank", "team_name", "institution", "score", "outcome", "award"}


@pytest.fixture
def world(db: None) -> World:
    """A stage that is over, with the one entry judged."""
    world = World()
    world.save_review(
        marks=SCORE / 10, final=True, comment="canary-comment", private_note="canary"
    )
    world.judged = Stage.objects.get(pk=world.stage.pk)
    assert world.ended
    return world


def board(world: World, **headers):
    return world.client("anonymous").get(world.path(BOARD), **headers)


def act(world: World, actor: str, what: str, body=None):
    return world.client(actor).post(world.path(f"{RESULTS}/{what}"), body)


def test_computing_shows_nothing_to_those_who_wait(world):
    computed = act(world, "staff", "compute")
    assert computed.json()["data"]["rows"][0]["score"] == SCORE
    assert board(world).json()["data"] == EMPTY
    readable = [r for r in ROWS if r.method == "GET" and "announced" not in r.path]
    for actor in ACTORS[3:]:
        for row in readable:
            if actor in {"staff", "admin"} and row.path.endswith("/results"):
                continue
            if {*names_in(row.path)} & {"draft", "document", "reviewed"}:
                continue
            if row.path.startswith("/judging") or row.path.startswith("/health"):
                continue
            response = world.client(actor).get(world.path(row.path))
            content = response.getvalue().decode(errors="replace")
            response.close()
            assert str(SCORE) not in content, (actor, row.path)
            assert '"rank"' not in content, (actor, row.path)


def test_a_released_result_tells_ranks_and_nothing_private(world):
    act(world, "staff", "compute")
    assert refusal(act(world, "staff", "1/release")) == (403, "permission_denied")
    assert act(world, "admin", "1/release").status_code == 200
    response = board(world)
    data = response.json()["data"]
    snapshot = ResultSnapshot.objects.get()
    assert data["stage"] == {"id": world.key("stage"), "name": world.stage.name}
    assert data["snapshot"] == 1
    (row,) = data["rows"]
    assert row.keys() == PUBLIC_ROW
    assert (row["rank"], row["score"]) == (1, SCORE)
    assert row["team_name"] == world.approved.team_name
    assert row["institution"] == world.owner.institution_name
    for private in (
        world.owner.email,
        world.owner.full_name,
        world.mate.full_name,
        world.judge_assigned.full_name,
        str(world.owner.pk),
        world.key("approved"),
        world.key("submission"),
        "canary",
        "@",
    ):
        assert private not in response.content.decode()
    modified = parsedate_to_datetime(response["Last-Modified"])
    assert modified == snapshot.released_at.replace(microsecond=0)


def test_every_change_of_the_public_result_gives_another_tag(world):
    tags = [board(world)["ETag"]]

    def is_known() -> bool:
        response = board(world, If_None_Match=tags[-1])
        check_answer(response)
        if response.status_code == 200:
            tags.append(response["ETag"])
        return response.status_code == 304

    assert is_known()
    act(world, "staff", "compute")
    assert is_known()
    act(world, "admin", "1/release")
    assert not is_known()
    assert is_known()
    act(world, "staff", "compute", {"reason": "A mark was wrong."})
    assert is_known()
    act(world, "admin", "2/release")
    assert not is_known()
    act(world, "admin", "2/withdraw", {"reason": "It was right."})
    assert not is_known()
    assert tags[-1] == tags[0]
    assert len(set(tags)) == 3
    assert board(world).json()["data"] == EMPTY


def test_a_correction_has_a_reason_and_leaves_the_first_as_it_was(world):
    first = act(world, "staff", "compute").json()["data"]
    released = act(world, "admin", "1/release").json()["data"]
    assert list(errors_of(act(world, "staff", "compute"))) == ["reason"]
    body = {"reason": "A mark was wrong."}
    second = act(world, "staff", "compute", body).json()["data"]
    assert (second["number"], second["reason"]) == (2, body["reason"])
    assert board(world).json()["data"]["snapshot"] == 1
    act(world, "admin", "2/release")
    assert board(world).json()["data"]["snapshot"] == 2
    rows = rows_of(world.client("staff").get(world.path(RESULTS)))
    assert [(row["number"], row["status"]) for row in rows] == [
        (2, "released"),
        (1, "superseded"),
    ]
    assert rows[1] == {**released, "status": "superseded"}
    assert rows[1]["rows"] == first["rows"]


@pytest.mark.parametrize("what", ["1/release", "1/withdraw"])
def test_what_is_done_is_done_once(world, what):
    act(world, "staff", "compute")
    body = {"reason": "Wrong."} if what.endswith("withdraw") else None
    assert act(world, "admin", what, body).status_code == 200
    assert refusal(act(world, "admin", what, body)) == (409, "invalid_transition")


def test_a_withdrawal_says_why(world):
    act(world, "staff", "compute")
    for body in ({}, {"reason": ""}, {"reason": "x" * 501}, {"reason": "a", "b": 1}):
        assert errors_of(act(world, "admin", "1/withdraw", body))
    assert ResultSnapshot.objects.get().status == "computed"


def test_the_leaderboard_of_a_draft_is_answered_like_a_missing_one(world):
    Competition.objects.filter(pk=world.competition.pk).update(status="draft")
    missing = world.client("anonymous").get("/competitions/no-such/leaderboard")
    for actor in ("anonymous", "owner", "judge_assigned"):
        hidden = world.client(actor).get(world.path(BOARD))
        assert refusal(hidden) == (404, "not_found")
        assert hidden.content == missing.content
    assert world.client("staff").get(world.path(BOARD)).json()["data"] == EMPTY


def test_a_token_sent_along_makes_it_private(world):
    response = world.client("owner").get(world.path(BOARD))
    assert response["Cache-Control"] == "private, no-store"
    assert "ETag" not in response
