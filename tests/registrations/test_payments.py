"""Payments: an amount that tells the team, a proof in time, one decision of staff."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import AuditEvent
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Competition, Document, Registration
from registrations.workflow import payments
from tests.api import Api
from tests.factories import (
    PDF,
    add_member,
    make_competition,
    make_document,
    make_registration,
    make_staff,
)
from tests.registrations.states import FEE, one_place, prove, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counted")]

HOUR = timedelta(hours=1)
TICK = timedelta(milliseconds=1)


def refused(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)
    return refusal.value.code


def detail(team: Registration) -> dict[str, Any]:
    return Api(team.leader).get(f"/registrations/{team.pk}").json()["data"]


def verify(team: Registration, **fields: Any) -> None:
    workflow.verify_payment(team, **{"by": make_staff(), "at": now()} | fields)


def refuse(team: Registration, **fields: Any) -> None:
    fields = {"by": make_staff(), "at": now(), "reason": "Unreadable."} | fields
    workflow.refuse_payment(team, **fields)


def waive(team: Registration) -> None:
    workflow.waive_payment(team, by=make_staff(), at=now())


@pytest.fixture
def team(db: None) -> Registration:
    """A team that is to pay."""
    return submitted(one_place())


# --- opening ------------------------------------------------------------------------
def test_submitting_opens_the_payment(team: Registration):
    shown = detail(team)["payment"]
    assert shown["status"] == "awaiting"
    assert FEE < shown["amount_due"] <= FEE + payments.LARGEST_CODE
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", shown["reference"])
    assert team.payment_due_at == team.submitted_at + timedelta(hours=48)
    assert shown["reason"] is None
    body = OutboxMessage.objects.get(kind="registration_submitted").body
    assert str(shown["amount_due"]) in body
    assert shown["reference"] in body


def test_paying_is_the_next_action_of_every_member(team: Registration):
    add_member(team)
    for member in team.memberships.all():
        answer = Api(member.user).get(f"/registrations/{team.pk}").json()["data"]
        [step] = [s for s in answer["next_actions"] if s["code"] == "pay"]
        assert str(team.amount_due) in step["message"]
        assert step["due_at"] == answer["payment"]["due_at"] is not None
        assert step["href"] == f"/api/v1/registrations/{team.pk}/documents"
    staff = Api(make_staff()).get(f"/registrations/{team.pk}").json()["data"]
    assert staff["next_actions"] == []


def test_where_there_is_no_fee_nothing_is_to_be_paid():
    team = submitted(make_competition())
    assert detail(team)["payment"] == {
        "status": "not_required",
        "amount_due": 0,
        "reference": None,
        "due_at": None,
        "reason": None,
    }


def test_amounts_tell_open_payments_of_all_competitions_apart(monkeypatch):
    """Six teams of two competitions, seven codes: each has one of its own."""
    monkeypatch.setattr(payments, "LARGEST_CODE", 7)
    monkeypatch.setattr(payments, "_SAMPLES", (2, 7))
    competitions = [make_competition(fee=FEE) for _ in range(2)]
    teams = [submitted(competitions[n % 2]) for n in range(7)]
    assert {t.amount_due - FEE for t in teams} == set(range(1, 8))
    draft = make_registration(competitions[0])
    code = refused(workflow.submit, draft, by=draft.leader, at=now())
    assert code == "service_unavailable"
    draft.refresh_from_db()
    assert draft.status == "draft"
    waive(teams[3])
    workflow.submit(draft, by=draft.leader, at=now())
    assert draft.amount_due == teams[3].amount_due


def test_a_code_that_somebody_else_took_meanwhile_is_drawn_again(
    team: Registration, monkeypatch
):
    """The look says it is free, the unique index says no: the block runs again."""
    drawn = iter([team.amount_due, team.amount_due, FEE + 5])
    monkeypatch.setattr(payments, "_free_amount", lambda _fee: next(drawn))
    other = submitted(make_competition(fee=FEE))
    assert other.amount_due == FEE + 5
    assert OutboxMessage.objects.filter(recipient=other.leader.email).count() == 1


# --- the proof ----------------------------------------------------------------------
def test_a_proof_moves_the_payment_and_is_an_open_document(team: Registration):
    proof = prove(team)
    assert detail(team)["payment"]["status"] == "proof_submitted"
    assert (proof.status, proof.member) == ("uploaded", None)
    assert AuditEvent.objects.filter(action="payment.proof_submitted").count() == 1
    assert refused(prove, team) == "invalid_transition"
    assert Document.objects.count() == 1


def test_any_member_proves_the_payment(team: Registration):
    member = add_member(team)
    answer = Api(member).upload(
        f"/registrations/{team.pk}/documents",
        "transfer.pdf",
        PDF,
        fields={"kind": "payment_proof"},
    )
    assert answer.status_code == 201


def test_a_draft_has_nothing_to_prove():
    team = make_registration(one_place())
    assert refused(prove, team) == "invalid_transition"


def test_the_time_to_pay_is_half_open(team: Registration):
    due = team.payment_due_at
    assert refused(prove, team, at=due) == "payment_expired"
    assert not Document.objects.exists()
    prove(team, at=due - TICK)
    team.refresh_from_db()
    assert team.payment_status == "proof_submitted"


def test_a_refused_upload_leaves_no_file(team: Registration, settings):
    Registration.objects.filter(pk=team.pk).update(payment_due_at=now())
    answer = Api(team.leader).upload(
        f"/registrations/{team.pk}/documents",
        "transfer.pdf",
        PDF,
        fields={"kind": "payment_proof"},
    )
    assert answer.json()["data"]["code"] == "payment_expired"
    assert not Document.objects.exists()


def test_while_changes_are_asked_for_the_time_to_pay_stands_still(team: Registration):
    due, staff = team.payment_due_at, make_staff()
    asked = {"fields": {"team_name": "No brands."}, "by": staff, "at": now()}
    workflow.request_changes(team, **asked)
    assert list(workflow.due_unpaid(due)) == []
    assert not workflow.expire_unpaid(team, at=due)
    workflow.submit(team, by=team.leader, at=due + HOUR)
    assert team.payment_due_at == due + HOUR + timedelta(hours=48)


def test_verified(team: Registration):
    proof = prove(team)
    verify(team)
    proof.refresh_from_db()
    assert (team.payment_status, proof.status) == ("verified", "verified")
    assert OutboxMessage.objects.filter(kind="payment_verified").count() == 1
    event = AuditEvent.objects.get(action="payment.verified")
    assert event.object_id == team.pk
    assert refused(refuse, team) == "invalid_transition"


def test_refused_with_its_reason_and_time_to_pay_again(team: Registration):
    proof, due = prove(team), team.payment_due_at
    at = due + HOUR
    refuse(team, at=at)
    proof.refresh_from_db()
    shown = detail(team)["payment"]
    assert (shown["status"], shown["reason"]) == ("awaiting", "Unreadable.")
    assert team.payment_due_at == at + timedelta(hours=48)
    assert (proof.status, proof.reason) == ("refused", "Unreadable.")
    assert "Unreadable." in OutboxMessage.objects.get(kind="payment_refused").body
    prove(team, at=at)
    shown = detail(team)["payment"]
    assert (shown["status"], shown["reason"]) == ("proof_submitted", None)


def test_refusing_never_takes_time_away(team: Registration):
    due = team.payment_due_at + timedelta(days=30)
    Registration.objects.filter(pk=team.pk).update(payment_due_at=due)
    prove(team)
    refuse(team)
    assert team.payment_due_at == due


@pytest.mark.parametrize("proved", [False, True])
def test_waived(team: Registration, proved: bool):
    proof = prove(team) if proved else None
    waive(team)
    assert team.payment_status == "waived"
    assert OutboxMessage.objects.filter(kind="payment_waived").count() == 1
    if proof:
        proof.refresh_from_db()
        assert proof.status == "verified"


def test_a_proof_of_payment_has_no_decision_of_its_own(team: Registration):
    proof, staff = prove(team), Api(make_staff())
    for verb, body in (("verify", None), ("refuse", {"reason": "No."})):
        answer = staff.post(f"/documents/{proof.pk}/{verb}", body)
        assert answer.json()["data"]["code"] == "invalid_transition"
    proof.refresh_from_db()
    assert proof.status == "uploaded"


def test_a_proof_among_the_required_documents_holds_up_nobody():
    competition = one_place(required_documents=[])
    required = ["payment_proof"]
    Competition.objects.filter(pk=competition.pk).update(required_documents=required)
    team = submitted(competition)
    prove(team)
    verify(team)
    workflow.approve(team, by=make_staff())


def test_a_team_that_paid_and_is_approved_competes(team: Registration):
    workflow.approve(team, by=make_staff())
    assert not team.competing
    prove(team)
    verify(team)
    assert team.competing


def test_on_approval_the_payment_opens_with_it():
    team = submitted(one_place(seat_policy="on_approval"))
    assert team.payment_status == "not_required"
    assert refused(prove, team) == "invalid_transition"
    at = now()
    workflow.approve(team, by=make_staff(), at=at)
    assert team.payment_status == "awaiting"
    assert team.payment_due_at == at + timedelta(hours=48)
    mail = OutboxMessage.objects.get(kind="registration_approved")
    assert str(team.amount_due) in mail.body


def test_approving_does_not_give_time_to_pay_again(team: Registration):
    due = team.payment_due_at
    workflow.approve(team, by=make_staff(), at=now() + HOUR)
    assert team.payment_due_at == due


# --- unpaid -------------------------------------------------------------------------
@pytest.mark.parametrize("approved", [False, True])
def test_who_does_not_pay_in_time_loses_the_place(team: Registration, approved: bool):
    if approved:
        workflow.approve(team, by=make_staff())
    due, waiting = team.payment_due_at, submitted(team.competition)
    assert list(workflow.due_unpaid(due - TICK)) == []
    assert not workflow.expire_unpaid(team, at=due - TICK)
    assert list(workflow.due_unpaid(due)) == [team]
    assert workflow.expire_unpaid(team, at=due)
    assert not workflow.expire_unpaid(team, at=due)
    assert (team.status, team.payment_status) == ("expired", "expired")
    assert OutboxMessage.objects.filter(kind="payment_expired").count() == 1
    waiting.refresh_from_db()
    assert waiting.status == "offered"


def test_who_has_sent_a_proof_does_not_run_out_of_time(team: Registration):
    due = team.payment_due_at
    prove(team)
    assert list(workflow.due_unpaid(due)) == []
    assert not workflow.expire_unpaid(team, at=due)


# --- places taken by the proof ------------------------------------------------------
@pytest.fixture
def by_proof(db: None) -> Competition:
    return one_place(seat_policy="on_proof")


def taken(competition: Competition) -> tuple[int, int]:
    competition.refresh_from_db()
    return competition.seats_taken, competition.waitlist_length


def test_the_proof_takes_the_place(by_proof: Competition):
    first, second = (submitted(by_proof) for _ in range(2))
    assert taken(by_proof) == (0, 0)
    prove(second)
    second.refresh_from_db()
    assert (second.seat_taken, taken(by_proof)) == (True, (1, 0))
    prove(first)
    first.refresh_from_db()
    assert (first.status, first.payment_status) == ("waitlisted", "proof_submitted")
    assert taken(by_proof) == (1, 1)


def test_a_proof_kept_on_the_waiting_list_counts_when_the_place_comes(
    by_proof: Competition,
):
    late, holder = (submitted(by_proof) for _ in range(2))
    prove(holder)
    prove(late)
    late.refresh_from_db()
    verify(late)
    workflow.withdraw(holder, by=holder.leader, at=now())
    workflow.accept_offer(late, by=late.leader, at=now())
    assert (late.status, late.payment_status) == ("submitted", "verified")
    assert taken(by_proof) == (1, 0)


def test_a_proof_without_place_and_list_is_refused_and_not_stored():
    competition = one_place(seat_policy="on_proof", waitlist_open=False)
    first, second = (submitted(competition) for _ in range(2))
    prove(first)
    assert detail(second)["can"]["pay"] == "competition_full"
    assert refused(prove, second) == "competition_full"
    second.refresh_from_db()
    assert (second.status, second.payment_status) == ("submitted", "awaiting")
    assert Document.objects.count() == 1


def test_while_changes_are_asked_for_a_team_cannot_be_sent_to_the_list(
    by_proof: Competition,
):
    first, second = (submitted(by_proof) for _ in range(2))
    prove(first)
    asked = {"fields": {"team_name": "No brands."}, "by": make_staff(), "at": now()}
    workflow.request_changes(second, **asked)
    assert refused(prove, second) == "competition_full"
    assert second.documents.count() == 0
    workflow.submit(second, by=second.leader, at=now())
    prove(second)
    second.refresh_from_db()
    assert second.status == "waitlisted"


def test_who_submits_when_all_places_are_proved_waits(by_proof: Competition):
    prove(submitted(by_proof))
    assert submitted(by_proof).status == "waitlisted"


def test_a_refused_proof_keeps_its_place_until_the_time_is_over(by_proof: Competition):
    team = submitted(by_proof)
    prove(team)
    refuse(team)
    assert (team.seat_taken, taken(by_proof)) == (True, (1, 0))
    prove(team)
    refuse(team)
    assert workflow.expire_unpaid(team, at=team.payment_due_at)
    assert taken(by_proof) == (0, 0)


def test_waiving_takes_the_place_as_a_proof_does(by_proof: Competition):
    first, second = (submitted(by_proof) for _ in range(2))
    waive(first)
    assert (first.seat_taken, taken(by_proof)) == (True, (1, 0))
    assert refused(waive, second) == "competition_full"
    assert second.payment_status == "awaiting"


def test_where_nothing_is_to_be_paid_submitting_takes_the_place():
    competition = one_place(seat_policy="on_proof", fee=0)
    team = submitted(competition)
    assert (team.seat_taken, taken(competition)) == (True, (1, 0))


def test_approving_an_unproved_team_takes_its_place(by_proof: Competition):
    team = submitted(by_proof)
    workflow.approve(team, by=make_staff())
    assert taken(by_proof) == (1, 0)
    prove(team)
    assert taken(by_proof) == (1, 0)


def test_other_documents_move_no_payment(team: Registration):
    make_document(team)
    team.refresh_from_db()
    assert team.payment_status == "awaiting"
