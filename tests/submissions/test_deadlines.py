"""The moment's rule, at each of its edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from competition_site.rules import RuleViolation
from submissions.models import Stage
from submissions.workflow.deadlines import lateness, require_before_end

OPENS = datetime(2026, 11, 1, 17, tzinfo=UTC)
CLOSES = datetime(2026, 11, 20, 16, 59, tzinfo=UTC)
TICK = timedelta(milliseconds=1)
GRACE = timedelta(minutes=10)


def make_stage(**fields: object) -> Stage:
    return Stage(name="Proposal", opens_at=OPENS, closes_at=CLOSES, **fields)


def outcome(stage: Stage, at: datetime, *, begun: bool = True) -> bool | str:
    try:
        return lateness(stage, at, begun=begun)
    except RuleViolation as refusal:
        return refusal.code


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (OPENS - TICK, "stage_not_open"),
        (OPENS, False),
        (CLOSES - TICK, False),
        (CLOSES, "stage_closed"),
    ],
)
def test_a_window_is_half_open(at: datetime, expected: object):
    assert outcome(make_stage(), at) == expected


@pytest.mark.parametrize(
    ("at", "begun", "expected"),
    [
        (CLOSES, True, True),
        (CLOSES + GRACE - TICK, True, True),
        (CLOSES + GRACE, True, "stage_closed"),
        (CLOSES, False, "stage_closed"),
    ],
)
def test_the_grace_takes_begun_work_and_marks_it_late(
    at: datetime, begun: bool, expected: object
):
    assert outcome(make_stage(grace_minutes=10), at, begun=begun) == expected


def test_flagged_lateness_takes_any_work_until_its_end():
    until = CLOSES + timedelta(days=1)
    stage = make_stage(late_policy=Stage.LatePolicy.FLAG, late_until=until)
    assert outcome(stage, CLOSES, begun=False) is True
    assert outcome(stage, until - TICK, begun=False) is True
    assert outcome(stage, until, begun=False) == "stage_closed"


def test_refused_lateness_ignores_late_until():
    stage = make_stage(late_until=CLOSES + timedelta(days=1))
    assert outcome(stage, CLOSES) == "stage_closed"


def test_a_paused_stage_takes_nothing():
    assert outcome(make_stage(paused=True), OPENS) == "stage_paused"


def test_uploads_end_with_the_last_end_of_all():
    stage = make_stage(grace_minutes=10)
    require_before_end(stage, CLOSES + GRACE - TICK)
    with pytest.raises(RuleViolation) as refusal:
        require_before_end(stage, CLOSES + GRACE)
    assert refusal.value.code == "stage_closed"
