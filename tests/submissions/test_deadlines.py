"""The moment's rule, at each of its edges, told apart by a millisecond."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from competition_site.clock import told
from competition_site.rules import RuleViolation
from submissions import workflow
from submissions.models import Extension, Stage, Submission
from submissions.workflow.deadlines import (
    lateness,
    require_before_end,
    team_window,
    window_of,
)
from tests.factories import make_approved, make_competition, make_staff, make_stage

OPENS = datetime(2026, 11, 1, 17, tzinfo=UTC)
CLOSES = datetime(2026, 11, 20, 16, 59, tzinfo=UTC)
TICK = timedelta(milliseconds=1)
GRACE = timedelta(minutes=10)
LATE_UNTIL = CLOSES + timedelta(days=1)

GRACES = (0, 10)
POLICIES = (("refuse", None), ("refuse", LATE_UNTIL), ("flag", LATE_UNTIL))
UNTILS = (
    None,
    CLOSES - timedelta(hours=1),  # the stage was moved beyond it
    CLOSES + timedelta(hours=1),
    LATE_UNTIL + timedelta(hours=1),
)
EDGES = (
    OPENS,
    CLOSES,
    CLOSES + GRACE,
    LATE_UNTIL,
    *(
        moment
        for until in UNTILS
        if until is not None
        for moment in (until, until + GRACE)
    ),
)
MOMENTS = sorted({edge + step for edge in EDGES for step in (-TICK, 0 * TICK, TICK)})


def make(**fields: object) -> Stage:
    return Stage(name="Proposal", opens_at=OPENS, closes_at=CLOSES, **fields)


def outcome(
    stage: Stage,
    at: datetime,
    *,
    begun: bool = True,
    until: datetime | None = None,
) -> bool | str:
    try:
        return lateness(window_of(stage, until), at, begun=begun)
    except RuleViolation as refusal:
        return refusal.code


def expected(
    grace: int,
    policy: tuple[str, datetime | None],
    until: datetime | None,
    at: datetime,
    *,
    begun: bool,
) -> bool | str:
    """The contract's sentences, written down once more and in another way."""
    closes = until if until is not None and until > CLOSES else CLOSES
    takes = [
        (OPENS, closes, False),
        (closes, closes + timedelta(minutes=grace) if begun else closes, True),
        (closes, policy[1] if policy[0] == "flag" else closes, True),
    ]
    answers = {late for begin, end, late in takes if begin <= at < end}
    if not answers:
        return "stage_not_open" if at < OPENS else "stage_closed"
    [late] = answers
    return late


@pytest.mark.parametrize("policy", POLICIES, ids=str)
@pytest.mark.parametrize("grace", GRACES)
def test_each_edge_is_where_the_contract_says(grace: int, policy: tuple):
    stage = make(grace_minutes=grace, late_policy=policy[0], late_until=policy[1])
    told_apart = set()
    for until, at, begun in itertools.product(UNTILS, MOMENTS, (True, False)):
        wanted = expected(grace, policy, until, at, begun=begun)
        assert outcome(stage, at, begun=begun, until=until) == wanted, (until, at)
        told_apart.add(wanted)
    assert {"stage_not_open", "stage_closed", False} <= told_apart


@pytest.mark.parametrize(
    ("at", "begun", "wanted"),
    [
        (OPENS - TICK, True, "stage_not_open"),
        (OPENS, True, False),
        (CLOSES - TICK, True, False),
        (CLOSES, True, True),
        (CLOSES + GRACE - TICK, True, True),
        (CLOSES + GRACE, True, "stage_closed"),
        (CLOSES, False, "stage_closed"),
    ],
)
def test_a_window_is_half_open_and_the_grace_is_for_begun_work(at, begun, wanted):
    assert outcome(make(grace_minutes=10), at, begun=begun) == wanted


def test_flagged_lateness_takes_any_work_until_its_end():
    stage = make(late_policy="flag", late_until=LATE_UNTIL)
    assert outcome(stage, CLOSES, begun=False) is True
    assert outcome(stage, LATE_UNTIL - TICK, begun=False) is True
    assert outcome(stage, LATE_UNTIL, begun=False) == "stage_closed"


def test_an_extension_moves_the_grace_and_leaves_late_until():
    until = CLOSES + timedelta(days=2)
    stage = make(grace_minutes=10, late_policy="flag", late_until=LATE_UNTIL)
    assert outcome(stage, until - TICK, begun=False, until=until) is False
    assert outcome(stage, until, until=until) is True
    assert outcome(stage, until + GRACE, until=until) == "stage_closed"
    assert outcome(stage, until, begun=False, until=until) == "stage_closed"


def test_a_paused_stage_takes_nothing():
    assert outcome(make(paused=True), OPENS) == "stage_paused"


def test_uploads_end_with_the_last_end_of_all():
    window = window_of(make(grace_minutes=10))
    require_before_end(window, CLOSES + GRACE - TICK)
    with pytest.raises(RuleViolation) as refusal:
        require_before_end(window, CLOSES + GRACE)
    assert refusal.value.code == "stage_closed"


def test_what_is_due_is_the_next_end():
    window = window_of(make(grace_minutes=10))
    assert window.due_at(CLOSES - TICK) == CLOSES
    assert window.due_at(CLOSES) == CLOSES + GRACE


def test_a_refusal_tells_the_deadline_in_both_zones():
    with pytest.raises(RuleViolation) as refusal:
        lateness(window_of(make()), CLOSES, begun=True)
    assert "2026-11-20 16:59:00 UTC (2026-11-20 23:59:00 WIB)" in str(refusal.value)
    with pytest.raises(RuleViolation) as refusal:
        lateness(window_of(make()), OPENS - TICK, begun=True)
    assert "2026-11-01 17:00:00 UTC (2026-11-02 00:00:00 WIB)" in str(refusal.value)


def test_milliseconds_are_told_where_there_are_some(settings):
    assert told(OPENS - TICK).startswith("2026-11-01 16:59:59.999 UTC (")
    settings.TIME_ZONE = "UTC"
    assert told(OPENS) == "2026-11-01 17:00:00 UTC"


@pytest.mark.django_db
@pytest.mark.parametrize("extended", [False, True], ids=["stage", "extension"])
def test_the_databases_keep_the_edges(extended: bool):
    """Written, read, compared: one millisecond still decides, on either database."""
    stage = make_stage(
        make_competition(),
        opens_at=OPENS,
        closes_at=CLOSES,
        grace_minutes=10,
        accepts_text=True,
    )
    registration = make_approved(competition=stage.competition)
    closes = CLOSES
    if extended:
        closes = CLOSES + timedelta(hours=1, milliseconds=7)
        workflow.extend(
            stage, registration, until=closes, reason="Ill.", by=make_staff()
        )
    at = {"by": registration.leader, "at": OPENS}
    work = workflow.create(
        registration, stage, title="Ours", summary="It is text.", **at
    )
    assert handed_in(work, OPENS - TICK) == "stage_not_open"
    assert handed_in(work, OPENS) is False
    assert handed_in(work, closes - TICK) is False
    assert handed_in(work, closes) == "stage_closed"  # neither a file nor a link
    Submission.objects.filter(pk=work.pk).update(files_count=1)
    assert handed_in(work, closes) is True
    assert handed_in(work, closes + GRACE - TICK) is True
    assert handed_in(work, closes + GRACE) == "stage_closed"
    stamps = work.versions.order_by("number").values_list("submitted_at", "late")
    assert list(stamps) == [
        (OPENS, False),
        (closes - TICK, False),
        (closes, True),
        (closes + GRACE - TICK, True),
    ]


def handed_in(work: Submission, at: datetime) -> bool | str:
    work = Submission.objects.get(pk=work.pk)
    try:
        return workflow.hand_in(work, by=work.registration.leader, at=at).late
    except RuleViolation as refusal:
        return refusal.code


@pytest.mark.django_db
def test_an_extension_is_one_teams_alone():
    stage = make_stage(make_competition(), opens_at=OPENS, closes_at=CLOSES)
    ours, theirs = (make_approved(competition=stage.competition) for _ in range(2))
    until = CLOSES + timedelta(days=1)
    workflow.extend(stage, ours, until=until, reason="Ill.", by=make_staff())
    other = make_stage(stage.competition, opens_at=OPENS, closes_at=CLOSES)
    assert team_window(stage, ours.pk).closes_at == until
    assert team_window(stage, theirs.pk).closes_at == CLOSES
    assert team_window(other, ours.pk).closes_at == CLOSES
    assert Extension.objects.count() == 1
