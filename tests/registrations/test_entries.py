"""A team's entry: what submitting and approving ask for, and what they take."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import AuditEvent
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Competition, Document, Registration
from registrations.workflow.cases import Case
from registrations.workflow.possibilities import can, verdict
from tests.factories import (
    add_member,
    make_competition,
    make_document,
    make_registration,
    make_staff,
    make_user,
)

pytestmark = pytest.mark.django_db

QUESTION = {
    "key": "shirt_size",
    "label": {"en": "Shirt size", "id": "Ukuran kaus"},
    "type": "choice",
    "choices": ["S", "M", "L"],
    "required": True,
}


def submit(registration: Registration, **kwargs) -> Registration:
    return workflow.submit(
        registration, by=registration.leader, at=kwargs.get("at", now())
    )


def code_of(call, *args, **kwargs) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)
    return refusal.value.code


def seats_of(competition: Competition) -> int:
    competition.refresh_from_db()
    return competition.seats_taken


def test_submitting_takes_a_seat_and_tells_the_leader():
    competition = make_competition(capacity=1)
    registration = submit(make_registration(competition))
    assert registration.status == "submitted"
    assert registration.seat_taken
    assert seats_of(competition) == 1
    mail = OutboxMessage.objects.get(kind="registration_submitted")
    assert mail.recipient == registration.leader.email
    assert AuditEvent.objects.filter(action="registration.submitted").count() == 1


def test_a_full_competition_leaves_the_draft_as_it_was():
    competition = make_competition(capacity=1)
    submit(make_registration(competition))
    late = make_registration(competition)
    assert code_of(submit, late) == "competition_full"
    late.refresh_from_db()
    assert late.status == "draft"
    assert not late.seat_taken
    assert OutboxMessage.objects.filter(kind="registration_submitted").count() == 1


def test_a_seat_is_taken_on_approval_where_that_is_the_policy():
    competition = make_competition(capacity=1, seat_policy="on_approval")
    first, second = (submit(make_registration(competition)) for _ in range(2))
    assert seats_of(competition) == 0
    staff = make_staff()
    workflow.approve(first, by=staff)
    assert code_of(workflow.approve, second, by=staff) == "competition_full"
    assert seats_of(competition) == 1


def test_approving_takes_no_second_seat():
    competition = make_competition(capacity=1)
    workflow.approve(submit(make_registration(competition)), by=make_staff())
    assert seats_of(competition) == 1


def test_submitting_twice_is_an_impossible_transition():
    registration = submit(make_registration())
    assert code_of(submit, registration) == "invalid_transition"


def test_a_draft_is_not_approved():
    registration = make_registration()
    refusal = code_of(workflow.approve, registration, by=make_staff())
    assert refusal == "invalid_transition"


def test_creating_with_submit_is_both_or_nothing():
    competition = make_competition(team_size_min=2)
    assert code_of(make_registration, competition, submit_now=True) == "team_too_small"
    assert not Registration.objects.exists()
    registration = make_registration(submit_now=True)
    assert registration.status == "submitted"


def test_registration_is_open_in_a_half_open_window():
    competition = make_competition()
    opens, closes = (
        competition.registration_opens_at,
        competition.registration_closes_at,
    )
    tick = timedelta(milliseconds=1)
    for at in (opens - tick, closes):
        assert code_of(make_registration, competition, at=at) == "registration_not_open"
    for at in (opens, closes - tick):
        make_registration(competition, at=at)


def test_a_draft_competition_takes_no_registration():
    competition = make_competition(published=False)
    assert code_of(make_registration, competition) == "registration_not_open"


def test_a_team_name_is_taken_in_whatever_form():
    competition = make_competition()
    make_registration(competition, team_name="Garuda")
    refusal = code_of(make_registration, competition, team_name=" GARUDA ")
    assert refusal == "team_name_taken"
    make_registration(make_competition(), team_name="Garuda")


def test_a_leader_has_one_team_in_a_competition():
    registration = make_registration()
    refusal = code_of(
        make_registration, registration.competition, leader=registration.leader
    )
    assert refusal == "already_registered"
    assert Registration.objects.count() == 1


def test_required_answers_are_asked_for_at_submit():
    competition = make_competition(questions=[QUESTION])
    registration = make_registration(competition)
    assert code_of(submit, registration) == "answers_incomplete"
    workflow.edit(registration, by=registration.leader, answers={"shirt_size": "M"})
    assert submit(registration).answers_by_key == {"shirt_size": "M"}


@pytest.mark.parametrize(
    "answers", [{"shirt_size": "XXL"}, {"shirt_size": ["M"]}, {"$where": "1"}]
)
def test_answers_that_do_not_fit_name_their_question(answers: dict):
    competition = make_competition(questions=[QUESTION])
    with pytest.raises(RuleViolation) as refusal:
        make_registration(competition, answers=answers)
    assert list(refusal.value.errors) == [f"answers.{next(iter(answers))}"]


def test_every_member_needs_a_required_document():
    competition = make_competition(required_documents=["student_card"])
    registration = make_registration(competition)
    member = add_member(registration)
    make_document(registration)
    assert code_of(submit, registration) == "documents_missing"
    make_document(registration, by=member)
    submit(registration)


def test_a_team_competes_when_all_its_documents_are_verified():
    competition = make_competition(required_documents=["student_card"])
    registration = make_registration(competition)
    member = add_member(registration)
    documents = [
        make_document(registration),
        make_document(registration, by=member),
    ]
    submit(registration)
    staff = make_staff()
    workflow.approve(registration, by=staff)
    for document, competing in zip(documents, (False, True), strict=True):
        workflow.verify_document(document, by=staff)
        registration.refresh_from_db()
        assert registration.competing is competing


def test_a_refused_document_tells_its_uploader_and_counts_no_more():
    competition = make_competition(required_documents=["student_card"])
    registration = make_registration(competition)
    document = make_document(registration)
    workflow.refuse_document(document, reason="Unreadable", by=make_staff())
    assert "Unreadable" in OutboxMessage.objects.get(kind="document_refused").body
    assert code_of(submit, registration) == "documents_missing"


def test_a_judged_document_is_not_judged_again():
    document = make_document(make_registration())
    workflow.verify_document(document, by=make_staff())
    refusal = code_of(workflow.refuse_document, document, reason="No", by=make_staff())
    assert refusal == "invalid_transition"
    assert Document.objects.get().status == "verified"


def test_only_the_leader_hands_in_for_others():
    registration = make_registration()
    member = add_member(registration)
    refusal = code_of(
        make_document, registration, by=member, member=registration.leader
    )
    assert refusal == "permission_denied"
    assert make_document(registration, member=member).member == member


def test_what_teams_registered_under_is_frozen():
    competition = make_competition()
    make_registration(competition)
    change = {"by": make_staff(), "team_size_max": 9}
    refusal = code_of(workflow.change_competition, competition, **change)
    assert refusal == "in_use"


def test_capacity_is_not_cut_below_the_seats_taken():
    competition = make_competition(capacity=2)
    for _ in range(2):
        submit(make_registration(competition))
    change = {"by": make_staff(), "capacity": 1}
    refusal = code_of(workflow.change_competition, competition, **change)
    assert refusal == "validation_error"
    assert Competition.objects.get(pk=competition.pk).capacity == 2


def test_a_new_title_reaches_every_copy():
    registration = make_registration()
    make_document(registration)
    workflow.change_competition(
        registration.competition, by=make_staff(), title="Renamed"
    )
    for model in (Registration, Document):
        assert model.objects.get().competition_title == "Renamed"


def test_can_tells_what_submit_would_answer():
    competition = make_competition(
        team_size_min=2, capacity=1, required_documents=["student_card"]
    )
    registration = make_registration(competition, leader=make_user(phone=""))
    leader = registration.leader

    def agree() -> bool | str:
        """Ask ``can``, then submit: both say the same."""
        competition.refresh_from_db()
        registration.refresh_from_db()
        told = can(Case(registration, competition, leader, now()))
        answer = verdict(lambda: submit(registration))
        assert told["submit"] == answer
        return answer

    outcomes = [agree()]
    leader.change(phone="+62 811 1111")
    outcomes.append(agree())
    member = add_member(registration)
    outcomes.append(agree())
    make_document(registration)
    make_document(registration, by=member)
    Competition.objects.filter(pk=competition.pk).update(seats_taken=1)
    outcomes.append(agree())
    Competition.objects.filter(pk=competition.pk).update(seats_taken=0)
    outcomes += [agree(), agree()]
    assert outcomes == [
        "profile_incomplete",
        "team_too_small",
        "documents_missing",
        "competition_full",
        True,
        "invalid_transition",
    ]
