"""Stages: moved deadlines that the trail remembers, and stages that can go."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.models import AuditEvent, User
from competition_site.clock import iso, now
from competition_site.rules import RuleViolation
from registrations.models import Competition
from submissions import workflow
from submissions.models import Criterion, Stage, Submission
from submissions.workflow import stages
from tests.api import Api
from tests.database import ENGINE, by_hand
from tests.factories import (
    make_approved,
    make_handed_in,
    make_judged_stage,
    make_stage,
    make_submission,
)
from tests.races.crowd import can_be_lost
from tests.racing import race

pytestmark = pytest.mark.django_db


def test_a_moved_deadline_is_in_the_trail_old_and_new(staff: User):
    stage = make_stage()
    before, after = stage.closes_at, stage.closes_at + timedelta(hours=1)
    answer = Api(staff).patch(
        f"/stages/{stage.pk}", {"closes_at": iso(after), "grace_minutes": 0}
    )
    assert answer.status_code == 200
    event = AuditEvent.objects.get(action="stage.changed")
    assert event.actor == staff
    assert dict(event.changes) == {
        "fields": "closes_at, grace_minutes",
        "closes_at": f"{iso(before)} → {iso(after)}",
    }


def test_a_stage_goes_with_its_rubric(staff: User):
    kept = make_stage()
    stage = make_judged_stage(competition=kept.competition)
    answer = Api(staff).delete(f"/stages/{stage.pk}")
    assert (answer.status_code, answer.json()["data"]) == (200, None)
    assert not Criterion.objects.filter(stage=stage.pk).exists()
    assert Api().get(f"/stages/{stage.pk}").status_code == 404
    competition = Competition.objects.get(pk=kept.competition_id)
    assert [s["id"] for s in competition.stages] == [str(kept.pk)]
    assert AuditEvent.objects.filter(action="stage.deleted").count() == 1


def _with_a_draft() -> Stage:
    return make_submission().stage


def _with_an_extension() -> Stage:
    stage = make_stage()
    team = make_approved(competition=stage.competition)
    until = stage.closes_at + timedelta(hours=1)
    by = team.leader
    workflow.extend(stage, team, until=until, reason="Ill.", by=by)
    return stage


def _with_work() -> Stage:
    return make_handed_in(make_judged_stage()).stage


@pytest.mark.parametrize("made", [_with_a_draft, _with_an_extension, _with_work])
def test_a_stage_on_which_something_hangs_stays(staff: User, made):
    stage = made()
    answer = Api(staff).delete(f"/stages/{stage.pk}")
    assert (answer.status_code, answer.json()["data"]["code"]) == (409, "in_use")
    assert Stage.objects.filter(pk=stage.pk).exists()
    competition = Competition.objects.get(pk=stage.competition_id)
    assert [s["id"] for s in competition.stages] == [str(stage.pk)]


def test_a_stale_deletion_is_refused(staff: User):
    stage = make_stage()
    workflow.change_stage(stage, by=staff, name="Final")
    api = Api(staff)
    assert api.delete(f"/stages/{stage.pk}", If_Match='"1"').status_code == 412
    assert api.delete(f"/stages/{stage.pk}", If_Match='"2"').status_code == 200


def deleted_and_begun(staff: User) -> tuple[UUID, list[Any]]:
    """A stage is deleted while three teams begin work for it; its key."""
    stage = make_stage()
    key = stage.pk
    teams = [make_approved(competition=stage.competition) for _ in range(3)]

    def begin(team):
        return lambda: workflow.create(
            team, stage, by=team.leader, at=now(), title="Ours"
        )

    return key, race(lambda: workflow.delete_stage(stage, by=staff), *map(begin, teams))


def test_work_that_begins_while_the_stage_goes_is_kept_or_refused(
    transactional_db, staff: User
):
    key, (gone, *begun) = deleted_and_begun(staff)
    kept = [b for b in begun if isinstance(b, Submission)]
    refused = [b.code for b in begun if isinstance(b, RuleViolation)]
    assert len(kept) + len(refused) == len(begun)
    if gone is None:
        assert not kept
        assert set(refused) == {"not_found"}
    else:
        assert isinstance(gone, RuleViolation)
        assert gone.code == "in_use"
        assert len(kept) == len(begun)
    assert Stage.objects.filter(pk=key).exists() is (gone is not None)
    assert Submission.objects.filter(stage=key).count() == len(kept)


def test_control_unheld_teams_begin_work_for_no_stage(
    transactional_db, staff: User, monkeypatch
):
    """SQLite writes one after the other and knows foreign keys; MongoDB neither."""
    monkeypatch.setattr(stages, "_hold_teams", lambda _stage: time.sleep(0.2))

    def is_orphaned() -> bool:
        key, _ = deleted_and_begun(staff)
        gone = not Stage.objects.filter(pk=key).exists()
        return gone and Submission.objects.filter(stage=key).exists()

    assert can_be_lost(is_orphaned) is (ENGINE == "mongodb")
    by_hand(Submission).delete()
