"""A team's work: begun, changed, and handed in as versions that never change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage

from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.rules import RuleViolation
from registrations.models import Competition, Registration
from submissions import workflow
from submissions.models import Stage, Submission, SubmissionFile, SubmissionVersion
from tests.factories import (
    make_approved,
    make_competition,
    make_registration,
    make_staff,
    make_stage,
    make_submission,
    stored_file,
)

pytestmark = pytest.mark.django_db


def code_of(call, *args, **kwargs) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)
    return refusal.value.code


def add_file(submission: Submission, name: str = "a.pdf") -> SubmissionFile:
    leader = submission.registration.leader
    return workflow.add_file(submission, file=stored_file(name), by=leader, at=now())


def hand_in(submission: Submission, **kwargs) -> SubmissionVersion:
    leader = submission.registration.leader
    return workflow.hand_in(submission, by=leader, at=kwargs.get("at", now()))


def test_a_later_version_leaves_the_earlier_one_as_it_was():
    submission = make_submission()
    first_file = add_file(submission)
    first = hand_in(submission)
    add_file(submission, "b.pdf")
    leader = submission.registration.leader
    workflow.edit(submission, by=leader, at=now(), title="Better")
    second = hand_in(submission)
    first.refresh_from_db()
    assert [first.number, second.number] == [1, 2]
    assert first.title == "Our work"
    assert [f["id"] for f in first.files] == [str(first_file.pk)]
    assert len(second.files) == 2
    submission.refresh_from_db()
    assert submission.version_number == 2


def test_a_file_of_a_version_stays_when_it_leaves_the_working_copy():
    submission = make_submission()
    file = add_file(submission)
    hand_in(submission)
    file.refresh_from_db()
    leader = submission.registration.leader
    workflow.remove_file(file, by=leader, at=now())
    assert default_storage.exists(file.storage_key)
    assert not submission.files.current().exists()


def test_a_file_that_no_version_holds_leaves_the_storage():
    submission = make_submission()
    file = add_file(submission)
    leader = submission.registration.leader
    workflow.remove_file(file, by=leader, at=now())
    assert not default_storage.exists(file.storage_key)
    submission.refresh_from_db()
    assert submission.files_count == 0


def test_nothing_is_handed_in_without_content():
    submission = make_submission()
    assert code_of(hand_in, submission) == "submission_incomplete"
    assert not SubmissionVersion.objects.exists()


def test_a_link_is_content_where_the_stage_takes_links():
    stage = make_stage(accepts_files=False, accepts_link=True)
    submission = make_submission(stage, link_url="https://example.id/demo")
    assert hand_in(submission).link_url == "https://example.id/demo"


def test_a_link_is_refused_where_the_stage_takes_none():
    refusal = code_of(make_submission, make_stage(), link_url="https://example.id")
    assert refusal == "validation_error"


def test_a_team_that_is_not_approved_does_not_hand_in():
    competition = make_competition()
    stage = make_stage(competition)
    registration = make_registration(competition)
    refusal = code_of(make_submission, stage, registration)
    assert refusal == "not_competing"


def test_a_team_that_stopped_competing_does_not_hand_in():
    submission = make_submission()
    add_file(submission)
    Registration.objects.filter(pk=submission.registration_id).update(
        documents_complete=False
    )
    assert code_of(hand_in, submission) == "not_competing"
    assert not OutboxMessage.objects.filter(kind="receipt").exists()


def test_a_second_submission_for_a_stage_names_the_first():
    submission = make_submission()
    with pytest.raises(RuleViolation) as refusal:
        make_submission(submission.stage, submission.registration)
    assert refusal.value.code == "already_exists"
    assert refusal.value.details["id"] == submission.pk


def test_versions_end_with_the_stage_limit():
    submission = make_submission(make_stage(max_versions=1))
    add_file(submission)
    hand_in(submission)
    assert code_of(hand_in, submission) == "attempts_exhausted"


def test_files_end_with_the_stage_limit():
    submission = make_submission(make_stage(max_files=1))
    add_file(submission)
    assert code_of(add_file, submission) == "validation_error"
    assert submission.files.count() == 1


def test_a_closed_stage_takes_neither_files_nor_versions():
    submission = make_submission()
    add_file(submission)
    closed = submission.stage.closes_at
    leader = submission.registration.leader
    assert code_of(hand_in, submission, at=closed) == "stage_closed"
    refusal = code_of(
        workflow.add_file, submission, file=stored_file(), by=leader, at=closed
    )
    assert refusal == "stage_closed"


def test_creating_with_submit_is_both_or_nothing():
    stage = make_stage()
    registration = make_approved(competition=stage.competition)
    refusal = code_of(make_submission, stage, registration, submit_now=True)
    assert refusal == "submission_incomplete"
    assert not Submission.objects.exists()


def test_the_competition_carries_its_stages_as_they_are_now():
    stage = make_stage(name="Proposal")
    workflow.change_stage(
        stage,
        by=make_staff(),
        name="Final",
        closes_at=stage.closes_at + timedelta(days=1),
    )
    competition = Competition.objects.get(pk=stage.competition_id)
    assert [s["name"] for s in competition.stages] == ["Final"]


def test_a_renamed_stage_is_renamed_on_its_submissions():
    submission = make_submission()
    workflow.change_stage(submission.stage, by=make_staff(), name="Final")
    submission.refresh_from_db()
    assert submission.stage_name == "Final"


def test_two_stages_of_one_order_are_refused():
    stage = make_stage(order=1)
    refusal = code_of(make_stage, stage.competition, order=1)
    assert refusal == "already_exists"
    assert Stage.objects.count() == 1
