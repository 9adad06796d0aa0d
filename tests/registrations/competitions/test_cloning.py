"""Next year's competition: everything an organiser wrote, on other days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import AuditEvent, User
from competition_site.clock import now
from registrations.models import Competition
from submissions import workflow as submissions
from submissions.models import Criterion, Stage
from tests.api import Api
from tests.factories import (
    make_approved,
    make_competition,
    make_institution,
    make_judge,
    make_staff,
    make_stage,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def original(db: None) -> Competition:
    """A competition in use, with everything set, two stages and a rubric."""
    competition = make_competition(
        capacity=30,
        institution_quota=2,
        waitlist_open=True,
        roster_locks_at=now() + timedelta(days=4),
        waitlist_closes_at=now() + timedelta(days=5),
        withdrawal_closes_at=now() + timedelta(days=6),
        eligibility={"institutions": [str(make_institution().pk)]},
        questions=[
            {"key": "shirt", "type": "text", "label": {"en": "Shirt", "id": "Kaus"}}
        ],
    )
    Competition.objects.filter(pk=competition.pk).update(
        eligibility=competition.eligibility | {"institutions": []}
    )
    competition.refresh_from_db()
    final = make_stage(competition, order=2, name="Final", blind=True)
    proposal = make_stage(
        competition,
        order=1,
        name="Proposal",
        late_policy="flag",
        late_until=now() + timedelta(days=4),
        judging_opens_at=now() + timedelta(days=5),
        judging_closes_at=now() + timedelta(days=6),
    )
    for stage, name in ((proposal, "Idea"), (proposal, "Form"), (final, "Talk")):
        submissions.add_criterion(
            stage, by=make_staff(), name=name, max_score=10, weight=2
        )
    make_judge(competition)
    make_approved(competition=competition)
    competition.refresh_from_db()
    return competition


def columns(row: Any, *, but: set[str]) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in but
    }


OWN = {"id", "created_at", "updated_at", "version"}


def differ(first: Any, second: Any, *, but: set[str]) -> dict[str, Any]:
    """The columns in which two rows differ; of moments, by how much."""
    ours, theirs = columns(first, but=OWN | but), columns(second, but=OWN | but)
    return {
        name: theirs[name] - ours[name] if isinstance(ours[name], datetime) else True
        for name in ours
        if ours[name] != theirs[name]
    }


@pytest.mark.parametrize("days", [364, -400, 0])
def test_everything_written_is_there_and_every_date_is_shifted(
    original: Competition, staff: User, days: int
) -> None:
    path = f"/competitions/{original.slug}/clone"
    response = Api(staff).post(path, {"slug": "next-year", "shift_days": days})
    assert response.status_code == 201, response.content
    assert response["Location"] == "/api/v1/competitions/next-year"
    shown = response.json()["data"]
    clone = Competition.objects.get(slug="next-year")
    assert response["ETag"] == f'"{clone.version}"'
    assert (clone.status, clone.seats_taken, clone.registered) == ("draft", 0, False)
    shift = timedelta(days=days)
    moments = {
        *("registration_opens_at", "registration_closes_at", "starts_at", "ends_at"),
        *("roster_locks_at", "waitlist_closes_at", "withdrawal_closes_at"),
    }
    computed = {"slug", "status", "seats_taken", "registered", "stages"}
    expected = dict.fromkeys(moments, shift) if days else {}
    assert differ(original, clone, but=computed) == expected
    names = [stage["name"] for stage in shown["stages"]]
    assert names == ["Proposal", "Final"]
    rubric = [c["name"] for c in shown["stages"][0]["criteria"]]
    assert rubric == ["Idea", "Form"]


def test_stages_and_rubrics_are_rows_of_their_own(
    original: Competition, staff: User
) -> None:
    before = list(Stage.objects.filter(competition=original).order_by("order"))
    body = {"slug": "next-year", "shift_days": 365}
    Api(staff).post(f"/competitions/{original.slug}/clone", body)
    clone = Competition.objects.get(slug="next-year")
    after = Stage.objects.filter(competition=clone).order_by("order")
    year = timedelta(days=365)
    for stage, copy in zip(before, after, strict=True):
        changed = differ(stage, copy, but={"competition_id", "criteria"})
        assert set(changed.values()) == {year}
        assert {"opens_at", "closes_at"} <= set(changed)
        theirs = set(Criterion.objects.filter(stage=copy).values_list("pk", flat=True))
        assert {c["id"] for c in copy.criteria} == {str(pk) for pk in theirs}
        assert theirs.isdisjoint(
            Criterion.objects.filter(stage=stage).values_list("pk", flat=True)
        )
    event = AuditEvent.objects.get(action="competition.cloned")
    assert (event.actor_id, event.object_id) == (staff.pk, clone.pk)
    assert dict(event.changes) == {"source": original.slug, "shift_days": "365"}
    path = f"/competitions/{clone.slug}"
    assert Api(staff).delete(path).json()["data"]["code"] == "in_use"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"slug": "taken", "shift_days": 1}, (409, "slug")),
        ({"slug": "not a slug", "shift_days": 1}, (400, "slug")),
        ({"slug": "new", "shift_days": 3661}, (400, "shift_days")),
        ({"slug": "new", "shift_days": 10**15}, (400, "shift_days")),
        ({"slug": "new", "shift_days": 1.5}, (400, "shift_days")),
        ({"slug": "new", "shift_days": None}, (400, "shift_days")),
        ({"slug": "new"}, (400, "shift_days")),
        ({"shift_days": 1}, (400, "slug")),
        ({"slug": "new", "shift_days": 1, "title": "X"}, (400, "title")),
    ],
)
def test_a_clone_that_cannot_be_leaves_nothing(
    original: Competition, staff: User, body: Any, refusal: tuple[int, str]
) -> None:
    make_competition(slug="taken")
    count, stages = Competition.objects.count(), Stage.objects.count()
    path = f"/competitions/{original.slug}/clone"
    response = Api(staff).post(path, body)
    [field] = response.json()["data"]["errors"]
    assert (response.status_code, field) == refusal
    assert (Competition.objects.count(), Stage.objects.count()) == (count, stages)


def test_dates_stay_within_what_can_be_written(staff: User) -> None:
    far = datetime.fromisoformat("9990-01-01T00:00:00Z")
    competition = make_competition(ends_at=far)
    path = f"/competitions/{competition.slug}/clone"
    response = Api(staff).post(path, {"slug": "later", "shift_days": 3660})
    assert list(response.json()["data"]["errors"]) == ["shift_days"]
    assert response.status_code == 400


def test_a_key_makes_one_clone(original: Competition, staff: User) -> None:
    api, path = Api(staff), f"/competitions/{original.slug}/clone"
    body = {"slug": "next-year", "shift_days": 365}
    answers = [api.post(path, body, Idempotency_Key="once") for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert Competition.objects.count() == 2
