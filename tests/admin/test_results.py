"""Results: computed by staff, released and withdrawn by admins only."""

from datetime import timedelta

import pytest

from accounts.models import AuditEvent
from competition_site.clock import now
from submissions import workflow
from submissions.models import ResultSnapshot, Stage
from tests.admin.conftest import mark
from tests.factories import (
    make_assignment,
    make_handed_in,
    make_judge,
    make_judged_stage,
)


@pytest.fixture
def office(as_office, staff):
    return as_office(staff)


@pytest.fixture
def chair(as_office, admin):
    return as_office(admin)


@pytest.fixture
def stage(db):
    """A stage with one marked entry; it still takes work."""
    stage = make_judged_stage(name="Final")
    mark(make_assignment(make_handed_in(stage)), 80)
    return stage


def end(stage):
    Stage.objects.filter(pk=stage.pk).update(closes_at=now() - timedelta(hours=1))


@pytest.fixture
def snapshot(stage, staff):
    end(stage)
    return workflow.compute(stage, by=staff, at=now())


def test_compute_the_results_of_a_stage(office, staff, stage):
    assert office.run("compute", stage) == ["Computed: 1."]
    snapshot = ResultSnapshot.objects.get()
    assert (snapshot.number, snapshot.status) == (1, "computed")
    assert AuditEvent.objects.get(action="results.computed").actor_id == staff.pk
    href = office.url(ResultSnapshot, "change", snapshot.pk)
    assert href in office.open(stage).content.decode()


def test_what_keeps_a_stage_from_being_computed_is_told(office, stage):
    unmarked = make_handed_in(stage)
    (message,) = office.run("compute", stage)
    assert message.startswith(str(stage))
    assert f"{unmarked.team_name} has no final review." in message
    assert not ResultSnapshot.objects.exists()
    mark(make_assignment(unmarked), 10)  # a refusal locks no judging


def test_of_many_that_keep_it_some_are_told(office, stage):
    teams = [make_handed_in(stage).team_name for _ in range(7)]
    (message,) = office.run("compute", stage)
    assert sum(f"{name} has no" in message for name in teams) == 5
    assert message.endswith("…")


def test_a_correction_is_computed_with_a_reason(office, chair, snapshot):
    chair.run("release", snapshot)
    (message,) = office.run("compute", snapshot.stage)
    assert "reason" in message
    assert office.run("compute", snapshot.stage, reason="A typo.") == ["Computed: 1."]
    assert ResultSnapshot.objects.get(number=2).reason == "A typo."


def test_release(chair, admin, snapshot, anyone):
    assert chair.run("release", snapshot) == ["Released: 1."]
    assert AuditEvent.objects.get(action="results.released").actor_id == admin.pk
    path = f"/competitions/{snapshot.competition.slug}/leaderboard"
    (row,) = anyone.get(path).json()["data"]["rows"]
    assert (row["rank"], row["score"]) == (1, 80)
    (message,) = chair.run("release", snapshot)
    assert message.startswith(str(snapshot))


def test_a_result_with_something_in_its_way_is_not_released(chair, stage, staff):
    make_assignment(
        stage.submissions.get(), make_judge(stage.competition, full_name="Dr. Ola")
    )
    end(stage)
    snapshot = workflow.compute(stage, by=staff, at=now())
    waits = "Dr. Ola has not finished a review."
    assert waits in chair.open(snapshot).content.decode()
    (message,) = chair.run("release", snapshot)
    assert waits in message
    snapshot.refresh_from_db()
    assert snapshot.status == "computed"


def test_a_stage_that_takes_work_has_no_result_to_release(chair, stage, staff):
    (message,) = chair.run("release", workflow.compute(stage, by=staff, at=now()))
    assert message == "Final #1: The results are not ready."


def test_withdraw_with_a_reason(chair, snapshot):
    chair.run("release", snapshot)
    for reason in ("", "  "):
        (message,) = chair.run("withdraw", snapshot, reason=reason)
        assert "reason" in message
    assert chair.run("withdraw", snapshot, reason="A typo.") == ["Withdrawn: 1."]
    snapshot.refresh_from_db()
    assert (snapshot.status, snapshot.reason) == ("withdrawn", "A typo.")
    (message,) = chair.run("withdraw", snapshot, reason="Again.")
    assert message.startswith(str(snapshot))


@pytest.mark.parametrize("action", ["release", "withdraw"])
def test_staff_neither_release_nor_withdraw(office, snapshot, action):
    assert f'value="{action}"' not in office.list(ResultSnapshot).content.decode()
    office.run(action, snapshot, reason="Because.")
    snapshot.refresh_from_db()
    assert snapshot.status == "computed"


def test_the_ranking_is_a_table_of_text(office, stage, staff):
    rival = make_handed_in(stage)
    rival.registration.change(team_name="<b>Rival</b>")
    mark(make_assignment(rival), 90)
    snapshot = workflow.compute(stage, by=staff, at=now())
    html = office.open(snapshot).content.decode()
    assert "<td>1</td><td>&lt;b&gt;Rival&lt;/b&gt;</td>" in html
    assert html.index("<td>1</td>") < html.index("<td>2</td>")
    assert "<td>80.0</td><td>score</td>" in html
