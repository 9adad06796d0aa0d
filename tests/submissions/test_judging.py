"""Judging: who may, what they never see, and marks that stay."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.roles import Role
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations.models import Membership
from submissions import workflow
from submissions.models import Assignment, JudgeAppointment, Review
from tests.factories import (
    add_member,
    make_approved,
    make_assignment,
    make_competition,
    make_handed_in,
    make_institution,
    make_judge,
    make_judged_stage,
    make_registration,
    make_staff,
    make_stage,
    make_submission,
    make_user,
    stored_file,
)

pytestmark = pytest.mark.django_db


def code_of(call, *args, **kwargs) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)
    return refusal.value.code


def save(assignment: Assignment, marks: float = 80, **kwargs) -> Review:
    criterion = assignment.stage.criterion_rows.get()
    return workflow.save_review(
        assignment,
        by=assignment.judge,
        at=kwargs.pop("at", now()),
        **{"scores": {str(criterion.pk): marks}} | kwargs,
    )


def test_an_appointed_participant_becomes_a_judge_and_their_tokens_end():
    competition, user = make_competition(), make_user()
    workflow.appoint(competition, user, by=make_staff())
    user.refresh_from_db()
    assert user.role == Role.JUDGE
    assert user.token_version == 2


def test_appointing_twice_changes_nothing():
    competition = make_competition()
    judge = make_judge(competition)
    workflow.appoint(competition, judge, by=make_staff())
    assert JudgeAppointment.objects.count() == 1


def test_who_takes_part_does_not_judge():
    registration = make_registration()
    refusal = code_of(
        workflow.appoint,
        registration.competition,
        registration.leader,
        by=make_staff(),
    )
    assert refusal == "conflict_of_interest"
    registration.leader.refresh_from_db()
    assert registration.leader.role == Role.PARTICIPANT


def test_who_judges_does_not_take_part():
    competition = make_competition()
    judge = make_judge(competition)
    assert code_of(make_registration, competition, leader=judge) == "not_eligible"
    assert code_of(add_member, make_registration(competition), judge) == "not_eligible"
    make_registration(make_competition(), leader=judge)


def test_an_organiser_is_not_appointed():
    refusal = code_of(
        workflow.appoint, make_competition(), make_staff(), by=make_staff()
    )
    assert refusal == "not_eligible"


def test_a_dismissed_judge_may_take_part():
    competition = make_competition()
    judge = make_judge(competition)
    workflow.dismiss(JudgeAppointment.objects.get(), by=make_staff())
    assert not Membership.objects.filter(user=judge).exists()
    make_registration(competition, leader=judge)


def test_a_judge_with_work_to_do_is_not_dismissed():
    assignment = make_assignment()
    appointment = JudgeAppointment.objects.get(user=assignment.judge)
    assert code_of(workflow.dismiss, appointment, by=make_staff()) == "in_use"


def test_only_handed_in_work_of_the_stage_is_assigned():
    stage = make_judged_stage()
    judge = make_judge(stage.competition)
    draft = make_submission(stage)
    staff = make_staff()
    assert code_of(workflow.assign, stage, draft, judge, by=staff) == "validation_error"
    other = make_handed_in(make_stage())
    assert code_of(workflow.assign, stage, other, judge, by=staff) == "validation_error"


def test_only_appointed_judges_are_assigned():
    submission = make_handed_in(make_judged_stage())
    judge = make_judge(make_competition())
    assert code_of(make_assignment, submission, judge) == "validation_error"


def test_an_entry_is_assigned_to_a_judge_once():
    assignment = make_assignment()
    refusal = code_of(make_assignment, assignment.submission, assignment.judge)
    assert refusal == "already_exists"


class TestConflicts:
    """Blocked when assigning, and when reading what was assigned before."""

    def test_the_judges_own_institution(self):
        school = make_institution()
        submission = make_handed_in(make_judged_stage())
        judge = make_judge(submission.competition, institution=school)
        submission.registration.leader.change(institution=school)
        assert code_of(make_assignment, submission, judge) == "conflict_of_interest"

    def test_a_former_team_mate(self):
        submission = make_handed_in(make_judged_stage())
        judge = make_user()
        elsewhere = make_registration(leader=judge)
        add_member(elsewhere, submission.registration.leader)
        Membership.objects.filter(registration=elsewhere).update(active=False)
        workflow.appoint(submission.competition, judge, by=make_staff())
        judge.refresh_from_db()
        assert code_of(make_assignment, submission, judge) == "conflict_of_interest"

    @pytest.mark.parametrize("kind", ["registration", "institution", "user"])
    def test_a_declared_one_gives_the_assignment_back_and_hides_it(self, kind: str):
        assignment = make_assignment()
        team = assignment.submission.registration
        about = {
            "registration": team,
            "institution": team.leader.institution,
            "user": team.leader,
        }[kind]
        judge = assignment.judge
        assert Assignment.objects.visible_to(judge).exists()
        workflow.declare_conflict(judge=judge, reason="My cousin", **{kind: about})
        assignment.refresh_from_db()
        assert assignment.status == "declined"
        assert not Assignment.objects.visible_to(judge).exists()
        submissions = type(assignment.submission).objects
        assert not submissions.visible_to(judge).exists()

    def test_one_that_arises_later_hides_what_was_assigned(self):
        assignment = make_assignment()
        judge = assignment.judge
        judge.change(institution=assignment.submission.registration.leader.institution)
        assert not Assignment.objects.visible_to(judge).exists()
        assert code_of(save, assignment) == "conflict_of_interest"

    def test_names_one_thing(self):
        judge = make_judge(make_competition())
        refusal = code_of(workflow.declare_conflict, judge=judge, reason="?")
        assert refusal == "validation_error"


def test_a_judge_reads_what_they_are_to_mark_and_nothing_else():
    assignment = make_assignment()
    make_handed_in(assignment.stage)  # another team's: could leak
    visible = type(assignment.submission).objects.visible_to(assignment.judge)
    assert [row.pk for row in visible] == [assignment.submission_id]


def test_a_judge_reads_files_that_were_handed_in_only():
    assignment = make_assignment()
    submission = assignment.submission
    frozen = submission.files.get()
    leader = submission.registration.leader
    workflow.add_file(submission, file=stored_file("new.pdf"), by=leader, at=now())
    files = type(frozen).objects.visible_to(assignment.judge)
    assert [row.pk for row in files] == [frozen.pk]


def test_a_draft_review_changes_until_it_is_final():
    assignment = make_assignment()
    save(assignment, 70)
    review = save(assignment, 80, comment="Well done", final=True)
    assignment.refresh_from_db()
    assert assignment.status == "final"
    assert list(review.scores_by_criterion.values()) == [80]
    assert code_of(save, assignment, 90) == "review_final"
    assert Review.objects.count() == 1


def test_a_review_saved_on_a_stale_version_is_refused():
    assignment = make_assignment()
    save(assignment)
    save(assignment, 81, if_version=1)
    assert code_of(save, assignment, 82, if_version=1) == "stale_version"


def test_marks_stay_within_the_rubric():
    assignment = make_assignment()
    for marks in (-1, 100.01):
        assert code_of(save, assignment, marks) == "validation_error"
    assert code_of(save, assignment, scores={"x": 1}) == "validation_error"
    assert code_of(save, assignment, scores={}, final=True) == "validation_error"
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [(1, 2, "judging_closed"), (-2, -1, "judging_closed"), (-1, 1, None)],
)
def test_judging_has_its_own_window(opens: int, closes: int, expected: str | None):
    stage = make_judged_stage(
        judging_opens_at=now() + timedelta(hours=opens),
        judging_closes_at=now() + timedelta(hours=closes),
    )
    assignment = make_assignment(make_handed_in(stage))
    if expected:
        assert code_of(save, assignment) == expected
    else:
        save(assignment)


def test_a_declined_assignment_takes_no_marks():
    assignment = make_assignment()
    workflow.decline(assignment, reason="No time", by=assignment.judge)
    assert code_of(save, assignment) == "invalid_transition"
    assert not Review.objects.exists()


def test_the_rubric_is_frozen_by_the_first_marks():
    assignment = make_assignment()
    criterion = assignment.stage.criterion_rows.get()
    save(assignment)
    staff = make_staff()
    for call, argument in (
        (workflow.change_criterion, criterion),
        (workflow.remove_criterion, criterion),
    ):
        assert code_of(call, argument, by=staff) == "in_use"


def test_the_rubric_is_read_with_its_stage_and_competition():
    stage = make_judged_stage()
    assert [c["name"] for c in stage.criteria] == ["Quality"]
    competition = stage.competition
    competition.refresh_from_db()
    assert competition.stages[0]["criteria"] == stage.criteria


def test_a_team_without_its_conflict_is_unhindered():
    school = make_institution()
    submission = make_handed_in(make_judged_stage())
    judge = make_judge(submission.competition, institution=school)
    assert make_assignment(submission, judge).judge == judge
    assert make_approved(competition=submission.competition)


def test_a_declined_assignment_may_be_given_once_more():
    assignment = make_assignment()
    workflow.decline(assignment, reason="No time", by=assignment.judge)
    again = make_assignment(assignment.submission, assignment.judge)
    assert (again.pk, again.status) == (assignment.pk, "assigned")


def test_judging_does_not_close_before_it_opens():
    at = now()
    window = {"judging_opens_at": at, "judging_closes_at": at}
    assert code_of(make_stage, **window) == "validation_error"
