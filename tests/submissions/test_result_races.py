"""Judging and results at once: whatever happens together, one order of it holds."""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest
from django.db.models import F

from competition_site.clock import now
from competition_site.rules import RuleViolation
from submissions import workflow
from submissions.models import ResultSnapshot, Review, Stage
from submissions.workflow import judging
from tests.factories import (
    make_admin,
    make_assignment,
    make_handed_in,
    make_judge,
    make_judged_stage,
    make_staff,
)
from tests.racing import race

pytestmark = pytest.mark.django_db

ROUNDS = int(os.environ.get("RACE_ROUNDS", "3"))


def save(assignment, marks: float, *, final: bool = True) -> Review:
    criterion = assignment.stage.criterion_rows.get()
    return workflow.save_review(
        assignment,
        by=assignment.judge,
        at=now(),
        scores={str(criterion.pk): marks},
        final=final,
    )


def judged_stage() -> Stage:
    stage = make_judged_stage()
    for marks in (60, 80):
        save(make_assignment(make_handed_in(stage)), marks)
    return stage


def codes(outcomes: list[object]) -> list[str]:
    return sorted(o.code if isinstance(o, RuleViolation) else "done" for o in outcomes)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_one_of_two_releases_of_a_snapshot_wins(_round: int):
    stage = judged_stage()
    snapshot = workflow.compute(stage, by=make_staff(), at=now())
    ended, admins = now() + timedelta(days=30), [make_admin() for _ in range(4)]
    copies = [ResultSnapshot.objects.get(pk=snapshot.pk) for _ in admins]
    outcomes = race(
        *(
            lambda s=copy, a=admin: workflow.release(s, by=a, at=ended)
            for copy, admin in zip(copies, admins, strict=True)
        )
    )
    assert codes(outcomes) == ["done", *["invalid_transition"] * 3]


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_two_snapshots_released_at_once_one_is_public(_round: int):
    stage = judged_stage()
    staff, admin, ended = make_staff(), make_admin(), now() + timedelta(days=30)
    first, second = (workflow.compute(stage, by=staff, at=now()) for _ in range(2))
    outcomes = race(
        lambda: workflow.release(first, by=admin, at=ended),
        lambda: workflow.release(second, by=admin, at=ended),
    )
    assert codes(outcomes) in (["done", "done"], ["done", "invalid_transition"])
    public = ResultSnapshot.objects.get(status="released")
    assert public.number == 2


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_snapshots_computed_at_once_have_numbers_of_their_own(_round: int):
    stage, staff = judged_stage(), make_staff()
    race(*[lambda: workflow.compute(stage, by=staff, at=now())] * 4)
    numbers = ResultSnapshot.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4]


def counted_or_refused(seconds: float = 0) -> bool:
    """Save a last review while the results are computed; tell whether both agree.

    ``seconds`` are the head start of the computing.
    """
    stage = judged_stage()
    entry = make_handed_in(stage)
    save(make_assignment(entry), 10)
    late = make_assignment(entry, make_judge(stage.competition))

    def save_late() -> Review:
        time.sleep(seconds)
        return save(late, 90)

    computed, saved = race(
        lambda: workflow.compute(stage, by=make_staff(), at=now()), save_late
    )
    assert isinstance(computed, ResultSnapshot)
    row = next(r for r in computed.rows if r["submission"] == str(entry.pk))
    return row["score"] == (50.0 if isinstance(saved, Review) else 10.0)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_review_saved_while_computing_is_counted_or_refused(_round: int):
    assert counted_or_refused()


def test_the_control_without_the_lock_loses_a_review(monkeypatch):
    """On MongoDB the snapshot hides the review; SQLite runs one writer at a time, so
    that there the review is lost that comes after.
    """
    monkeypatch.setattr(judging, "_hold_judging", lambda stage: None)
    monkeypatch.setattr(judging, "require_judging_open", lambda stage, at: None)
    later_and_later = (n * 0.005 for n in range(80))
    assert not all(map(counted_or_refused, later_and_later))


def test_every_judging_act_writes_the_stage():
    stage = judged_stage()
    before = Stage.objects.get(pk=stage.pk).judging_acts
    make_assignment(make_handed_in(stage))
    after = Stage.objects.filter(pk=stage.pk, judging_acts=F("judging_acts"))
    assert after.get().judging_acts == before + 1
