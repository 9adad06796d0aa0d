"""Results: snapshots that never change, released by a separate act."""

from __future__ import annotations

from datetime import timedelta

import pytest

from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations.models import Registration
from submissions import workflow
from submissions.models import Assignment, ResultSnapshot, Stage, Submission
from tests.factories import (
    make_admin,
    make_assignment,
    make_handed_in,
    make_judge,
    make_judged_stage,
    make_staff,
)

pytestmark = pytest.mark.django_db


def code_of(call, *args, **kwargs) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)
    return refusal.value.code


def mark(assignment: Assignment, marks: float, *, final: bool = True) -> None:
    criterion = assignment.stage.criterion_rows.get()
    workflow.save_review(
        assignment,
        by=assignment.judge,
        at=now(),
        scores={str(criterion.pk): marks},
        final=final,
    )


def judged(stage: Stage, marks: float) -> Submission:
    submission = make_handed_in(stage)
    mark(make_assignment(submission), marks)
    return submission


def compute(stage: Stage, **kwargs) -> ResultSnapshot:
    return workflow.compute(stage, by=make_staff(), at=now(), **kwargs)


def release(snapshot: ResultSnapshot, **kwargs) -> ResultSnapshot:
    ended = now() + timedelta(days=30)
    return workflow.release(snapshot, by=make_admin(), at=kwargs.get("at", ended))


def test_computing_ranks_and_shows_nothing():
    stage = make_judged_stage()
    low, high = judged(stage, 60), judged(stage, 90)
    snapshot = compute(stage)
    assert snapshot.number == 1
    assert [row["team_name"] for row in snapshot.rows] == [
        high.team_name,
        low.team_name,
    ]
    assert [row["rank"] for row in snapshot.rows] == [1, 2]
    assert workflow.released(stage.competition_id) is None


def test_computing_locks_judging():
    stage = make_judged_stage()
    submission = judged(stage, 60)
    late = make_assignment(submission, make_judge(stage.competition))
    compute(stage)
    with pytest.raises(RuleViolation) as refusal:
        mark(late, 100)
    assert refusal.value.code == "judging_closed"


def test_an_entry_without_a_final_review_forbids_and_is_named():
    stage = make_judged_stage()
    judged(stage, 60)
    waiting = make_handed_in(stage)
    mark(make_assignment(waiting), 50, final=False)
    with pytest.raises(RuleViolation) as refusal:
        compute(stage)
    assert refusal.value.code == "results_not_ready"
    blockers = refusal.value.details["blockers"]
    assert {b["code"] for b in blockers} == {"review_missing", "review_open"}
    assert {b["submission"] for b in blockers} == {str(waiting.pk)}
    stage.refresh_from_db()
    assert not stage.judging_locked
    assert not ResultSnapshot.objects.exists()


def test_nothing_to_rank_is_not_ready():
    assert code_of(compute, make_judged_stage()) == "results_not_ready"


def test_an_open_review_is_listed_and_forbids_the_release():
    stage = make_judged_stage()
    submission = judged(stage, 60)
    make_assignment(submission, make_judge(stage.competition))
    snapshot = compute(stage)
    assert [b["code"] for b in snapshot.blockers] == ["review_open"]
    assert code_of(release, snapshot) == "results_not_ready"


def test_a_team_that_does_not_compete_is_not_ranked():
    stage = make_judged_stage()
    judged(stage, 60)
    gone = judged(stage, 90)
    Registration.objects.filter(pk=gone.registration_id).update(status="submitted")
    assert [row["rank"] for row in compute(stage).rows] == [1]


def test_release_waits_for_the_end_of_the_stage():
    stage = make_judged_stage()
    judged(stage, 60)
    snapshot = compute(stage)
    assert code_of(release, snapshot, at=now()) == "results_not_ready"
    release(snapshot, at=stage.closes_at)
    assert workflow.released(stage.competition_id) == snapshot


def test_a_correction_supersedes_and_says_why():
    stage = make_judged_stage()
    first_entry = judged(stage, 60)
    judged(stage, 90)
    first = release(compute(stage))
    rows = list(first.rows)
    Registration.objects.exclude(pk=first_entry.registration_id).update(
        status="submitted"
    )
    assert code_of(compute, stage) == "validation_error"
    second = release(compute(stage, reason="A team was disqualified"))
    first.refresh_from_db()
    assert first.status == "superseded"
    assert first.rows == rows
    assert workflow.released(stage.competition_id) == second
    assert second.number == 2
    assert len(second.rows) == 1


def test_a_snapshot_is_released_once_and_never_an_older_one():
    stage = make_judged_stage()
    judged(stage, 60)
    first, second = compute(stage), compute(stage)
    release(second)
    assert code_of(release, second) == "invalid_transition"
    assert code_of(release, first) == "invalid_transition"
    assert ResultSnapshot.objects.filter(status="released").count() == 1


def test_a_withdrawn_result_is_public_no_more_and_judging_opens():
    stage = make_judged_stage()
    submission = judged(stage, 60)
    late = make_assignment(submission, make_judge(stage.competition))
    workflow.decline(late, reason="Ill", by=late.judge)
    snapshot = release(compute(stage))
    workflow.withdraw(snapshot, reason="Wrong marks", by=make_admin())
    assert workflow.released(stage.competition_id) is None
    stage.refresh_from_db()
    assert not stage.judging_locked


def test_the_furthest_stage_is_on_the_leaderboard():
    early = make_judged_stage(order=1, name="Proposal")
    judged(early, 60)
    release(compute(early))
    final = make_judged_stage(competition=early.competition, order=2, name="Final")
    judged(final, 70)
    assert workflow.released(early.competition_id).stage_name == "Proposal"
    release(compute(final))
    assert workflow.released(early.competition_id).stage_name == "Final"


def test_a_withdrawn_result_takes_what_was_computed_with_it_along():
    stage = make_judged_stage()
    judged(stage, 60)
    first, second = compute(stage), compute(stage)
    workflow.withdraw(first, reason="Another mark comes", by=make_admin())
    second.refresh_from_db()
    assert second.status == "superseded"
    assert code_of(release, second) == "invalid_transition"


def test_withdrawing_what_is_not_public_leaves_the_public_result_alone():
    stage = make_judged_stage()
    judged(stage, 60)
    public = release(compute(stage))
    spare = compute(stage, reason="Just to see")
    workflow.withdraw(spare, reason="Seen", by=make_admin())
    stage.refresh_from_db()
    assert stage.judging_locked
    assert workflow.released(stage.competition_id) == public


def test_marks_for_an_earlier_version_do_not_count_for_a_later_one():
    stage = make_judged_stage()
    submission = judged(stage, 60)
    leader = submission.registration.leader
    workflow.hand_in(submission, by=leader, at=now())
    assert code_of(compute, stage) == "results_not_ready"
    mark(Assignment.objects.get(), 75)
    assert compute(stage).rows[0]["score"] == 75


def test_a_renamed_stage_is_renamed_on_its_results():
    stage = make_judged_stage()
    judged(stage, 60)
    snapshot = compute(stage)
    workflow.change_stage(stage, by=make_staff(), name="Grand final", order=9)
    snapshot.refresh_from_db()
    assert (snapshot.stage_name, snapshot.stage_order) == ("Grand final", 9)
