"""Judging over the API: versions, keys, references, and moments."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import AuditEvent
from competition_site.clock import now
from submissions import workflow
from submissions.models import Assignment, JudgeConflict, ResultSnapshot, Review
from tests.api import Api
from tests.contract.answers import errors_of, refusal
from tests.contract.lists import rows_of
from tests.contract.routes import ROWS
from tests.contract.world import World
from tests.factories import (
    make_approved,
    make_handed_in,
    make_institution,
    make_judged_stage,
    make_user,
)
from tests.racing import race

pytestmark = pytest.mark.django_db

STALE = ('"999"', "x", "", '""')
NO_IDS = ("abc", 5, None, {"$ne": 1}, ["a"], "", True, "0" * 24, "0" * 32)


@pytest.fixture
def world(db: None) -> World:
    return World()


def save(world: World, actor: str = "judge_assigned", /, **body):
    headers = {"If_Match": body.pop("tag")} if "tag" in body else {}
    path = world.path("/judging/assignments/{assignment}/review")
    marks = {"scores": {world.key("criterion"): body.pop("marks", 8)}}
    return world.client(actor).request("PUT", path, {**marks, **body}, **headers)


# Versions


def test_a_review_sends_its_version_and_keeps_to_it(world):
    first = save(world)
    path = world.path("/judging/assignments/{assignment}/review")
    read = world.client("judge_assigned").get(path)
    assert first["ETag"] == read["ETag"] == '"1"'
    assert read.json()["data"]["version"] == 1
    second = save(world, marks=9, tag=f"W/{read['ETag']}")
    assert (second.status_code, second["ETag"]) == (200, '"2"')
    for tag in (first["ETag"], *STALE):
        assert refusal(save(world, marks=1, tag=tag)) == (412, "stale_version")
    assert save(world, marks=7, tag="*").status_code == 200
    review = Review.objects.get()
    assert review.version == 3
    assert review.scores_by_criterion == {world.key("criterion"): 7}


@pytest.mark.parametrize("tag", ['"1"', "*", '"0"'])
def test_a_review_that_nobody_began_has_no_version(world, tag):
    assert refusal(save(world, tag=tag)) == (412, "stale_version")
    assert not Review.objects.exists()
    assert save(world).status_code == 200


def test_of_two_reviews_over_one_version_one_wins(world):
    tag = save(world)["ETag"]
    answers = race(*(lambda m=m: save(world, marks=m, tag=tag) for m in (1, 2, 3)))
    assert sorted(a.status_code for a in answers) == [200, 412, 412]


def test_the_first_review_is_begun_once(world):
    world.path("{assignment}{criterion}")
    answers = race(*(lambda m=m: save(world, marks=m) for m in (1, 2, 3)))
    assert [a.status_code for a in answers] == [200] * 3
    assert Review.objects.get().version == 3


def test_a_final_review_is_final(world):
    assert save(world, final=True).json()["data"]["final"] is True
    for final in (True, False):
        assert refusal(save(world, final=final)) == (409, "review_final")
    path = world.path("/judging/assignments/{assignment}/decline")
    declined = world.client("judge_assigned").post(path, {"reason": "Too late."})
    assert refusal(declined) == (409, "invalid_transition")


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_criterion_keeps_to_its_version(world, method):
    staff, path = world.client("staff"), world.path("/criteria/{criterion}")
    body = {"weight": 3} if method == "PATCH" else None
    changed = staff.patch(path, {"weight": 2}, If_Match='"1"')
    assert changed["ETag"] == '"2"'
    for tag in ('"1"', *STALE):
        response = staff.request(method, path, body, If_Match=tag)
        assert refusal(response) == (412, "stale_version")
    assert staff.request(method, path, body, If_Match='"2"').status_code == 200


def test_a_criterion_sends_its_first_version(world):
    body = {"name": "Idea", "max_score": 10, "weight": 2}
    made = world.client("staff").post(world.path("/stages/{stage}/criteria"), body)
    assert made["ETag"] == '"1"'
    stage = world.client("anonymous").get(world.path("/stages/{stage}"))
    assert stage.json()["data"]["criteria"] == [made.json()["data"]]
    path = world.path("/competitions/{competition}")
    (shown,) = world.client("anonymous").get(path).json()["data"]["stages"]
    assert shown["criteria"] == [made.json()["data"]]


def test_the_rubric_stays_once_there_are_marks(world):
    save(world)
    staff, body = world.client("staff"), {"name": "B", "max_score": 1, "weight": 1}
    criterion = world.path("/criteria/{criterion}")
    for method, path, content in (
        ("POST", world.path("/stages/{stage}/criteria"), body),
        ("PATCH", criterion, {"max_score": 100}),
        ("DELETE", criterion, None),
    ):
        assert refusal(staff.request(method, path, content)) == (409, "in_use")


# Keys


def test_an_assignment_with_a_key_is_made_once(world):
    path = world.path("/stages/{stage}/assignments")
    body = {
        "submission": world.key("handed_in"),
        "judge": world.key("judge_unassigned"),
    }
    staff = world.client("staff")
    first, again = (staff.post(path, body, Idempotency_Key="a1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert Assignment.objects.count() == 1
    other = {**body, "judge": world.key("judge_assigned")}
    reused = staff.post(path, other, Idempotency_Key="a1")
    assert refusal(reused) == (422, "idempotency_key_reused")
    assert refusal(staff.post(path, body)) == (409, "already_exists")


def test_a_result_with_a_key_is_computed_once(world):
    path = world.path("/stages/{judged}/results/compute")
    staff = world.client("staff")
    first, again = (staff.post(path, {}, Idempotency_Key="c1") for _ in range(2))
    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert ResultSnapshot.objects.count() == 1
    assert AuditEvent.objects.filter(action="results.computed").count() == 1
    assert staff.post(path, {}, Idempotency_Key="c2").json()["data"]["number"] == 2


def test_a_refused_computation_frees_its_key(world):
    path, staff = world.path("/stages/{stage}/results/compute"), world.client("staff")
    world.path("{assignment}")
    refused = staff.post(path, {}, Idempotency_Key="c1")
    assert refusal(refused) == (409, "results_not_ready")
    blockers = refused.json()["data"]["blockers"]
    assert {b["code"] for b in blockers} == {"review_missing", "review_open"}
    save(world, final=True)
    computed = staff.post(path, {}, Idempotency_Key="c1")
    assert (computed.status_code, computed.json()["data"]["blockers"]) == (201, [])


# References


@pytest.mark.parametrize("value", NO_IDS)
def test_what_is_no_id_is_a_bad_value(world, value):
    staff, judge = world.client("staff"), world.client("judge_assigned")
    path = world.path("/stages/{stage}/assignments")
    good = {
        "submission": world.key("handed_in"),
        "judge": world.key("judge_unassigned"),
    }
    for field in good:
        response = staff.post(path, {**good, field: value})
        assert list(errors_of(response)) == [field]
    for field in ("registration", "institution", "user"):
        response = judge.post("/judging/conflicts", {field: value, "reason": "Kin"})
        assert list(errors_of(response)) == [field]


@pytest.mark.parametrize(
    "query", ["status=lost", "stage=abc", "stage=5", "status[$ne]=final"]
)
def test_bad_filters_of_assignments_are_refused(world, query):
    response = world.client("judge_assigned").get(f"/judging/assignments?{query}")
    assert list(errors_of(response)) == [query.partition("=")[0]]


def test_assignments_are_filtered(world):
    world.path("{assignment}")
    judge, path = world.client("judge_assigned"), "/judging/assignments"
    stage = world.key("stage")
    found = [
        len(rows_of(judge.get(f"{path}?{query}")))
        for query in (
            f"stage={stage}",
            f"stage={uuid4()}",
            "status=assigned",
            f"status=final&stage={stage}",
        )
    ]
    assert found == [1, 0, 1, 0]


def test_work_of_another_stage_and_a_foreign_judge_are_refused(world):
    staff, path = world.client("staff"), world.path("/stages/{stage}/assignments")
    elsewhere = make_handed_in(make_judged_stage())
    own = {"submission": world.key("handed_in"), "judge": world.key("judge_assigned")}
    for field, key in (
        ("submission", str(elsewhere.pk)),
        ("judge", str(make_user().pk)),
        ("judge", str(uuid4())),
    ):
        assert list(errors_of(staff.post(path, {**own, field: key}))) == [field]
    draft = make_approved(competition=world.competition)
    begun = workflow.create(
        draft, world.stage, by=draft.leader, at=now(), title="Not handed in"
    )
    response = staff.post(path, {**own, "submission": str(begun.pk)})
    assert list(errors_of(response)) == ["submission"]
    assert not Assignment.objects.exists()


def test_a_snapshot_is_reached_through_its_own_stage_only(world):
    path = world.path("/stages/{ended}/results/{snapshot}/release")
    other = path.replace(world.key("ended"), str(make_judged_stage().pk))
    assert refusal(world.client("admin").post(other))[0] == 404


@pytest.mark.parametrize(
    "scores",
    [
        {"abc": 5},
        {"%s": -1},
        {"%s": 10.5},
        {"%s": 1.234},
        {"%s": "many"},
        {"%s": None},
        {"%s": True},
        {"%s": [1]},
        {"%s": {"$gt": 0}},
        {"$where": 1},
        {"a.b": 1},
        {"00000000-0000-7000-8000-000000000000": 1},
    ],
)
def test_marks_outside_the_rubric_are_refused_by_name(world, scores):
    criterion = world.key("criterion")
    named = {key.replace("%s", criterion): marks for key, marks in scores.items()}
    errors = errors_of(save(world, scores=named))
    assert list(errors) == [f"scores.{key}" for key in named]
    assert not Review.objects.exists()


@pytest.mark.parametrize("scores", [None, [], 5, "8", [["a", 1]]])
def test_marks_are_an_object(world, scores):
    assert list(errors_of(save(world, scores=scores))) == ["scores"]


def test_of_very_many_marks_none_is_named(world):
    scores = {f"mark{number}": 1 for number in range(5000)}
    assert list(errors_of(save(world, scores=scores))) == ["scores"]


def test_a_final_review_lacks_no_required_marks(world):
    key = world.key("criterion")
    errors = errors_of(save(world, scores={}, final=True))
    assert f"scores.{key}" in errors
    assert save(world, scores={}).status_code == 200


@pytest.mark.parametrize("field", ["saved_at", "version", "judge", "status", "stage"])
def test_server_owned_fields_of_a_review_are_refused(world, field):
    assert list(errors_of(save(world, **{field: 7}))) == [field]


@pytest.mark.parametrize(
    "field", ["id", "stage", "version", "judge_name", "created_at"]
)
@pytest.mark.parametrize(
    ("actor", "request_line"),
    [
        ("staff", "PUT /competitions/{competition}/judges/{candidate}"),
        ("staff", "DELETE /competitions/{competition}/judges/{judge_unassigned}"),
        ("staff", "POST /stages/{stage}/criteria"),
        ("staff", "PATCH /criteria/{criterion}"),
        ("staff", "DELETE /criteria/{criterion}"),
        ("staff", "POST /stages/{stage}/assignments"),
        ("staff", "POST /stages/{judged}/results/compute"),
        ("admin", "POST /stages/{ended}/results/{snapshot}/release"),
        ("admin", "POST /stages/{ended}/results/{snapshot}/withdraw"),
        ("judge_assigned", "POST /judging/assignments/{assignment}/decline"),
        ("judge_assigned", "POST /judging/conflicts"),
    ],
)
def test_fields_that_nobody_writes_are_refused(world, actor, request_line, field):
    (row,) = [row for row in ROWS if str(row) == request_line]
    body = row.body(world) if row.body else {}
    path = world.path(row.path)
    response = world.client(actor).request(row.method, path, {**body, field: 7})
    assert list(errors_of(response)) == [field]


def test_a_declined_assignment_is_gone_with_its_work(world):
    judge, path = world.client("judge_assigned"), "/judging/assignments/{assignment}"
    paths = [
        world.path(asked)
        for asked in (
            f"{path}/review",
            "/submissions/{assigned}",
            "/submission-files/{assigned_file}/content",
        )
    ]
    declined = judge.post(world.path(f"{path}/decline"), {"reason": "No time."})
    assert declined.json()["data"]["status"] == "declined"
    assert [_status(judge.get(asked)) for asked in paths] == [404] * 3
    assert rows_of(judge.get("/judging/assignments")) == []
    again = judge.post(world.path(f"{path}/decline"), {"reason": "Again."})
    assert refusal(again)[0] == 404


# Conflicts


def test_a_conflict_names_one_thing_only(world):
    judge = world.client("judge_assigned")
    both = {"user": world.key("owner"), "institution": str(make_institution().pk)}
    for named in ({}, both):
        response = judge.post("/judging/conflicts", {**named, "reason": "Kin"})
        assert list(errors_of(response)) == ["non_field_errors"]
    assert not JudgeConflict.objects.exists()


def test_a_foreign_team_in_a_conflict_is_answered_like_a_missing_one(world):
    registration = world.key("approved")
    world.path("{assignment}")
    foreign, missing = (
        world.client("judge_unassigned").post(
            "/judging/conflicts", {"registration": key, "reason": "Kin"}
        )
        for key in (registration, str(uuid4()))
    )
    assert refusal(foreign) == (404, "not_found")
    assert foreign.content == missing.content


@pytest.mark.parametrize("by", ["registration", "institution", "user"])
def test_with_a_conflict_all_of_the_team_is_gone(world, by):
    paths = [
        world.path(path)
        for path in (
            "/judging/assignments/{reviewed}/review",
            "/submissions/{assigned}",
            "/submission-files/{assigned_file}/content",
        )
    ]
    judge = world.client("judge_assigned")
    assert [_status(judge.get(path)) for path in paths] == [200] * 3
    keys = {
        "registration": world.key("approved"),
        "institution": str(world.mate.institution_id),
        "user": str(world.mate.pk),
    }
    body = {by: keys[by], "reason": "My sister's team."}
    assert judge.post("/judging/conflicts", body).status_code == 201
    assert [_status(judge.get(path)) for path in paths] == [404] * 3
    assert refusal(save(world))[0] == 404
    for path in ("/judging/assignments", "/submissions"):
        assert rows_of(judge.get(path)) == []
    world.assignment.refresh_from_db()
    assert world.assignment.status == "declined"
    (row,) = rows_of(judge.get("/judging/conflicts"))
    assert row[by] == keys[by]
    assert rows_of(world.client("judge_unassigned").get("/judging/conflicts")) == []


def _status(response) -> int:
    response.close()
    return response.status_code


# Moments


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"judging_opens_at": timedelta(hours=1)}, 409),
        ({"judging_closes_at": timedelta(hours=-1)}, 409),
        ({"judging_opens_at": timedelta(hours=-1)}, 200),
        ({"judging_closes_at": timedelta(hours=1)}, 200),
    ],
)
def test_judging_has_its_own_window(world, window, expected):
    world.path("{assignment}{criterion}")
    fields = {name: now() + distance for name, distance in window.items()}
    workflow.change_stage(world.stage, by=world.staff, **fields)
    response = save(world)
    assert response.status_code == expected
    if expected == 409:
        assert refusal(response) == (409, "judging_closed")


def test_a_computed_stage_takes_no_marks_and_no_assignments(world):
    world.path("{snapshot}")
    other = {
        "submission": world.key("handed_in"),
        "judge": world.key("judge_unassigned"),
    }
    path = world.path("/stages/{stage}/assignments")
    refused = world.client("staff").post(path, other)
    assert refusal(refused) == (409, "judging_closed")


def test_an_appointment_ends_the_tokens_and_a_new_log_in_judges(world):
    before = world.client("candidate")
    path = world.path("/competitions/{competition}/judges/{candidate}")
    assert world.client("staff").request("PUT", path).status_code == 200
    for _ in range(2):
        refused = before.request("POST", "/judging/conflicts", {})
        assert refusal(refused) == (401, "token_revoked")
    world.candidate.refresh_from_db()
    assert rows_of(Api(world.candidate).get("/judging/assignments")) == []


def test_who_takes_part_or_organises_is_not_appointed(world):
    staff = world.client("staff")
    world.path("{draft}")
    for person, code in (
        ("owner", "conflict_of_interest"),
        ("mate", "conflict_of_interest"),
        ("staff", "not_eligible"),
        ("admin", "not_eligible"),
    ):
        path = world.path(f"/competitions/{{competition}}/judges/{{{person}}}")
        assert refusal(staff.request("PUT", path)) == (409, code)
        assert refusal(staff.get(path))[0] == 404


def test_a_judge_with_work_to_do_is_not_dismissed(world):
    world.path("{assignment}")
    path = world.path("/competitions/{competition}/judges/{judge_assigned}")
    assert refusal(world.client("staff").delete(path)) == (409, "in_use")
