"""Staff decide about teams in the admin's list, by the verbs of the workflow."""

from __future__ import annotations

import pytest

from accounts.models import AuditEvent
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations import workflow
from registrations.models import Registration
from tests.factories import make_document, make_registration, make_staff, make_user
from tests.registrations.states import bring_to, one_place, prove, prove_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(as_office, staff):
    return as_office(staff)


def team_in(state: str) -> Registration:
    return bring_to(state, make_registration(one_place()))


@pytest.mark.parametrize(
    ("action", "states"),
    [
        ("reject", ("submitted", "rejected")),
        ("send_to_waitlist", ("submitted", "waitlisted")),
        ("reopen", ("approved", "submitted")),
        ("disqualify", ("approved", "disqualified")),
    ],
)
def test_a_decision_with_its_reason(office, staff, action, states):
    begins, ends = states
    team = team_in(begins)
    (message,) = office.run(action, team)
    assert message.startswith("Write the reason")
    team.refresh_from_db()
    assert team.status == begins
    (message,) = office.run(action, team, reason=" Because. ")
    assert message.endswith(": 1.")
    team.refresh_from_db()
    assert (team.status, team.note) == (ends, "Because.")
    assert AuditEvent.objects.order_by("-id").first().actor_id == staff.pk
    (message,) = office.run(action, team, reason="Again.")
    assert message.startswith(str(team))


@pytest.mark.parametrize(
    ("action", "reason", "ends"),
    [
        ("verify_payment", "", "verified"),
        ("refuse_payment", "Unreadable.", "awaiting"),
        ("waive_payment", "", "waived"),
    ],
)
def test_a_payment_is_decided(office, action, reason, ends):
    team = team_in("submitted")
    prove(team)
    office.run(action, team, reason=reason)
    team.refresh_from_db()
    assert (team.payment_status, team.payment_reason) == (ends, reason)


def test_a_refusal_of_the_workflow_is_told(office):
    (message,) = office.run("verify_payment", team_in("submitted"))
    assert "awaiting payment" in message


# --- asking for changes -------------------------------------------------------------
def lines_of(page) -> dict[str, str]:
    return {
        name: str(field.label) for name, field in page.context["form"].fields.items()
    }


def ask(office, team, **written):
    body = {"action": "request_changes", "_selected_action": [str(team.pk)]}
    return office.client.post(office.url(Registration), body | written)


def test_changes_are_asked_for_line_by_line(office):
    team = team_in("submitted")
    card, proof = make_document(team), prove(team)
    page = ask(office, team)
    lines = lines_of(page)
    assert f"document:{card.pk}" in lines
    assert f"document:{proof.pk}" not in lines
    assert lines["field:answers.motto"] == "Motto"
    written = {
        "field:team_name": "No brands.",
        f"document:{card.pk}": "Expired.",
        "note": "Please hurry.",
    }
    assert ask(office, team, ask="1", **written).status_code == 302
    team.refresh_from_db()
    assert team.status == "changes_requested"
    assert team.fields_to_change == [["team_name", "No brands."]]
    assert team.documents_to_change == [[str(card.pk), "Expired."]]
    assert team.note == "Please hurry."
    assert OutboxMessage.objects.filter(kind="changes_requested").count() == 1


def test_a_form_without_a_line_changes_nothing(office):
    team = team_in("submitted")
    page = ask(office, team, ask="1", note="Hm.")
    assert page.status_code == 200
    assert page.context["form"].non_field_errors()
    team.refresh_from_db()
    assert team.status == "submitted"


def test_each_team_is_asked_by_itself(office):
    teams = [team_in("submitted") for _ in range(2)]
    (message,) = office.run("request_changes", *teams)
    assert message.startswith("Choose one team")


def test_a_participant_decides_nothing(as_office):
    team = team_in("submitted")
    office = as_office(make_user())
    body = {"action": "approve", "_selected_action": [str(team.pk)]}
    assert office.client.post(office.url(Registration), body).status_code == 302
    team.refresh_from_db()
    assert team.status == "submitted"


# --- the same proof twice -----------------------------------------------------------
def test_the_same_proof_of_another_team_is_shown(office):
    first, second, honest = (team_in("submitted") for _ in range(3))
    proofs = [prove_with(team, b"%PDF-1 one transfer") for team in (first, second)]
    other = prove_with(honest, b"%PDF-1 another transfer")
    workflow.refuse_payment(first, reason="Old.", by=make_staff(), at=now())
    again = prove_with(first, b"%PDF-1 one transfer")
    shown = office.open(proofs[1]).content.decode()
    for document in (proofs[0], again):
        assert office.url(type(document), "change", document.pk) in shown
    assert office.url(type(other), "change", other.pk) not in shown
    own = office.open(again).content.decode()
    assert office.url(type(again), "change", proofs[0].pk) not in own
