"""Changes that staff ask for: exactly those fields and documents are open again."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEvent
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations import workflow
from registrations.models import Document, Registration
from tests.api import Api
from tests.factories import (
    add_member,
    make_competition,
    make_document,
    make_registration,
    make_staff,
    stored_file,
)
from tests.registrations.states import QUESTION, ask_for_changes, one_place, prove

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counted")]

LABEL = {"en": "Shirt size", "id": "Ukuran kaus"}
SIZE = {**QUESTION, "key": "size", "label": LABEL}


@pytest.fixture
def team(db: None) -> Registration:
    """A submitted team of two, with a student card each and two answers."""
    competition = make_competition(
        questions=[QUESTION, SIZE], required_documents=["student_card"]
    )
    answers = {"motto": "Maju", "size": "M"}
    team = make_registration(competition, answers=answers, team_name="Garuda")
    make_document(team, by=add_member(team))
    make_document(team)
    return workflow.submit(team, by=team.leader, at=now())


@pytest.fixture
def leader(team: Registration) -> Api:
    return Api(team.leader)


def ask(team: Registration, **asked: Any) -> Any:
    path = f"/registrations/{team.pk}/request-changes"
    return Api(make_staff()).post(path, asked)


def patch(api: Api, team: Registration, **fields: Any) -> Any:
    return api.patch(f"/registrations/{team.pk}", fields)


def refusal(answer: Any) -> tuple[str, list[str]]:
    body = answer.json()["data"]
    return body["code"], sorted(body["errors"])


# --- asking -------------------------------------------------------------------------
def test_what_is_asked_for_is_told(team: Registration, leader: Api):
    card = team.documents.get(member=team.leader)
    fields = {"team_name": "No brands.", "answers.size": "We have no such size."}
    answer = ask(team, fields=fields, documents={str(card.pk): "It has expired."})
    assert answer.status_code == 200
    shown = leader.get(f"/registrations/{team.pk}").json()["data"]
    assert shown["status"] == "changes_requested"
    assert shown["changes_requested"] == {
        "fields": fields,
        "documents": {str(card.pk): "It has expired."},
    }
    body = OutboxMessage.objects.get(kind="changes_requested").body
    for told in ("No brands.", "Shirt size: We have", "It has expired."):
        assert told in body
    event = AuditEvent.objects.get(action="registration.changes_requested")
    assert "No brands." not in str(event.changes)


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({}, ["non_field_errors"]),
        ({"fields": {}, "documents": {}}, ["non_field_errors"]),
        ({"fields": {"status": "x"}}, ["fields.status"]),
        ({"fields": {"answers.shoe": "x"}}, ["fields.answers.shoe"]),
        ({"fields": {"answers": "x"}}, ["fields.answers"]),
        ({"fields": {"team_name": ""}}, ["fields.team_name"]),
        ({"documents": {"abc": "x"}}, ["documents.abc"]),
        ({"fields": ["team_name"]}, ["fields"]),
    ],
)
def test_what_cannot_be_asked_for(team: Registration, asked: Any, fields: list[str]):
    assert refusal(ask(team, **asked)) == ("validation_error", fields)
    team.refresh_from_db()
    assert team.status == "submitted"
    assert not OutboxMessage.objects.filter(kind="changes_requested").exists()


def test_documents_of_other_teams_and_proofs_of_payment_cannot_be_named():
    team = make_registration(one_place())
    workflow.submit(team, by=team.leader, at=now())
    foreign, proof = make_document(make_registration()), prove(team)
    for document in (foreign, proof):
        answer = ask(team, documents={str(document.pk): "No."})
        assert refusal(answer) == ("validation_error", [f"documents.{document.pk}"])
    proof.refresh_from_db()
    assert proof.status == "uploaded"


# --- fields -------------------------------------------------------------------------
def test_only_what_was_named_may_be_written(team: Registration, leader: Api):
    ask_for_changes(team, fields={"answers.size": "No such size."})
    for fields, closed in (
        ({"team_name": "Rajawali"}, ["team_name"]),
        ({"answers": {"motto": "Mundur"}}, ["answers.motto"]),
        ({"answers": {"size": "L", "motto": "Mundur"}}, ["answers.motto"]),
    ):
        answer = patch(leader, team, **fields)
        assert refusal(answer) == ("validation_error", closed)
    team.refresh_from_db()
    assert (team.team_name, team.answers_by_key["size"]) == ("Garuda", "M")
    assert patch(leader, team, answers={"size": "L"}).status_code == 200
    team.refresh_from_db()
    assert team.answers_by_key == {"motto": "Maju", "size": "L"}


def test_a_form_sent_whole_is_fine_where_the_rest_is_as_it_was(
    team: Registration, leader: Api
):
    ask_for_changes(team, fields={"team_name": "No brands."})
    whole = {"team_name": "Rajawali", "answers": {"motto": "Maju", "size": "M"}}
    assert patch(leader, team, **whole).status_code == 200


def test_a_new_name_reaches_its_copies_and_those_who_follow(team: Registration):
    heard: list[str] = []
    from registrations.workflow import entries

    workflow.follow_renaming(lambda row: heard.append(row.team_name))
    try:
        ask_for_changes(team, fields={"team_name": "No brands."})
        workflow.edit(team, by=team.leader, team_name="Rajawali")
        workflow.edit(team, by=team.leader, team_name="Rajawali")
    finally:
        entries._renaming_followers.popitem()
    assert heard == ["Rajawali"]
    names = Document.objects.values_list("team_name", flat=True)
    assert set(names) == {"Rajawali"}


def test_where_only_documents_were_named_no_field_is_open(
    team: Registration, leader: Api
):
    card = team.documents.get(member=team.leader)
    ask_for_changes(team, documents={str(card.pk): "Expired."})
    answer = patch(leader, team, team_name="Rajawali")
    assert refusal(answer)[0] == "invalid_transition"
    possible = leader.get(f"/registrations/{team.pk}").json()["data"]["can"]
    assert possible["edit"] == "invalid_transition"


def test_submitting_again_closes_them(team: Registration, leader: Api):
    ask_for_changes(team, fields={"team_name": "No brands."})
    since = team.submitted_at
    steps = leader.get(f"/registrations/{team.pk}").json()["data"]["next_actions"]
    assert [step["code"] for step in steps] == ["changes_requested", "submit"]
    answer = leader.post(f"/registrations/{team.pk}/submit")
    shown = answer.json()["data"]
    assert (shown["status"], shown["changes_requested"]) == ("submitted", None)
    team.refresh_from_db()
    assert team.submitted_at == since
    assert refusal(patch(leader, team, team_name="X"))[0] == "invalid_transition"


def test_the_window_of_registration_does_not_hold_up_corrections(team: Registration):
    ask_for_changes(team)
    closes = team.competition.registration_closes_at
    workflow.submit(team, by=team.leader, at=closes)
    assert team.status == "submitted"


def test_what_became_incomplete_is_refused_again(team: Registration, leader: Api):
    team.leader.change(phone="")
    ask_for_changes(team)
    answer = leader.post(f"/registrations/{team.pk}/submit")
    assert refusal(answer)[0] == "profile_incomplete"


def test_the_place_is_kept_meanwhile():
    competition = one_place()
    team = make_registration(competition)
    workflow.submit(team, by=team.leader, at=now())
    ask_for_changes(team)
    competition.refresh_from_db()
    assert competition.seats_taken == 1
    workflow.submit(team, by=team.leader, at=now())
    competition.refresh_from_db()
    assert competition.seats_taken == 1


# --- documents ----------------------------------------------------------------------
@pytest.mark.parametrize("verified", [False, True])
def test_a_named_document_counts_no_more_until_it_is_replaced(
    team: Registration, leader: Api, verified: bool
):
    staff = make_staff()
    card = team.documents.get(member=team.leader)
    if verified:
        for document in team.documents.all():
            workflow.verify_document(document, by=staff)
        team.refresh_from_db()
        assert team.documents_complete
    ask_for_changes(team, documents={str(card.pk): "It has expired."})
    card.refresh_from_db()
    assert card.status == ("verified" if verified else "refused")
    team.refresh_from_db()
    assert not team.documents_complete
    answer = leader.post(f"/registrations/{team.pk}/submit")
    name = team.leader.full_name
    assert refusal(answer) == ("documents_missing", ["documents.student_card"])
    assert answer.json()["data"]["errors"]["documents.student_card"] == [name]
    new = make_document(team)
    assert leader.post(f"/registrations/{team.pk}/submit").status_code == 200
    team.refresh_from_db()
    assert not team.documents_complete  # the old one was good, but is replaced
    workflow.verify_document(new, by=staff)
    for document in team.documents.filter(status="uploaded"):
        workflow.verify_document(document, by=staff)
    team.refresh_from_db()
    assert team.documents_complete


def test_a_document_that_nobody_requires_is_replaced_as_well(
    team: Registration, leader: Api
):
    other = make_document(team, kind="other")
    ask_for_changes(team, documents={str(other.pk): "The wrong file."})
    answer = leader.post(f"/registrations/{team.pk}/submit")
    assert refusal(answer) == ("documents_missing", ["documents.other"])
    make_document(team, kind="other")
    assert leader.post(f"/registrations/{team.pk}/submit").status_code == 200


def test_an_older_document_of_the_kind_replaces_nothing(
    team: Registration, leader: Api
):
    _older, newer = (
        make_document(team, file=stored_file(content=content))
        for content in (b"1", b"2")
    )
    ask_for_changes(team, documents={str(newer.pk): "Expired."})
    answer = leader.post(f"/registrations/{team.pk}/submit")
    assert refusal(answer)[0] == "documents_missing"


def test_a_second_round_shows_only_what_it_asks_for(team: Registration, leader: Api):
    first = team.documents.get(member=team.leader)
    ask_for_changes(team, documents={str(first.pk): "Expired."})
    second = make_document(team)
    workflow.submit(team, by=team.leader, at=now())
    ask_for_changes(team, documents={str(second.pk): "Expired too."})
    shown = leader.get(f"/registrations/{team.pk}").json()["data"]
    assert shown["changes_requested"]["documents"] == {str(second.pk): "Expired too."}
    assert refusal(leader.post(f"/registrations/{team.pk}/submit"))[0] == (
        "documents_missing"
    )
    make_document(team)
    workflow.submit(team, by=team.leader, at=now())


def test_who_has_left_owes_no_document(team: Registration, leader: Api):
    card = team.documents.exclude(member=team.leader).get()
    ask_for_changes(team, documents={str(card.pk): "Expired."})
    member = card.member
    workflow.remove_member(team, member, by=member, at=now())
    assert leader.post(f"/registrations/{team.pk}/submit").status_code == 200
