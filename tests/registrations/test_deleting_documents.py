"""A document is taken back by its own people, while the team may still change it."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import pytest
from django.core.files.storage import default_storage

from accounts.models import AuditEvent
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Document, Registration
from tests.api import Api
from tests.contract.answers import refusal
from tests.factories import (
    add_member,
    make_competition,
    make_document,
    make_registration,
    make_staff,
)
from tests.racing import race

pytestmark = pytest.mark.django_db

ROUNDS = int(os.environ.get("RACE_ROUNDS", "8"))


def deleted_by(user: Any, document: Document) -> Any:
    return Api(user).delete(f"/documents/{document.pk}")


def stays(document: Document) -> bool:
    return (
        Document.objects.filter(pk=document.pk).exists()
        and default_storage.exists(document.storage_key)
        and not AuditEvent.objects.filter(action="document.deleted").exists()
    )


def test_a_document_goes_with_its_file_and_the_audit_keeps_its_hash():
    team = make_registration()
    document = make_document(team)
    response = deleted_by(team.leader, document)
    assert response.status_code == 200
    assert response.json()["data"] is None
    assert not Document.objects.exists()
    assert not default_storage.exists(document.storage_key)
    event = AuditEvent.objects.get(action="document.deleted")
    assert event.object_id == document.pk
    assert document.sha256 in str(event.changes)
    before = team.version
    team.refresh_from_db()
    assert team.version > before
    assert refusal(deleted_by(team.leader, document)) == (404, "not_found")


def test_a_refused_one_goes_too():
    team = make_registration()
    document = make_document(team)
    workflow.refuse_document(document, reason="Unreadable.", by=make_staff())
    assert deleted_by(team.leader, document).status_code == 200


def test_what_staff_verified_stays():
    team = make_registration()
    document = make_document(team)
    workflow.verify_document(document, by=make_staff())
    response = deleted_by(team.leader, document)
    assert refusal(response) == (409, "invalid_transition")
    assert "verified" in response.json()["message"]
    assert stays(document)


def test_a_proof_of_payment_stays():
    competition = make_competition(fee=50_000)
    team = make_registration(competition, submit_now=True)
    document = make_document(team, kind=Document.Kind.PAYMENT_PROOF)
    response = deleted_by(team.leader, document)
    assert refusal(response) == (409, "invalid_transition")
    assert "payment" in response.json()["message"]
    assert stays(document)


def test_what_is_submitted_stays():
    team = make_registration()
    document = make_document(team)
    workflow.submit(team, by=team.leader, at=now())
    assert refusal(deleted_by(team.leader, document)) == (409, "invalid_transition")
    assert stays(document)


def test_while_changes_are_asked_for_only_what_is_not_to_be_replaced_goes():
    team = make_registration()
    named, other = make_document(team), make_document(team, kind=Document.Kind.OTHER)
    workflow.submit(team, by=team.leader, at=now())
    workflow.request_changes(
        team, documents={str(named.pk): "Blurred."}, by=make_staff(), at=now()
    )
    assert refusal(deleted_by(team.leader, named)) == (409, "invalid_transition")
    assert stays(named)
    assert deleted_by(team.leader, other).status_code == 200


def test_a_member_deletes_their_own_and_no_other():
    team = make_registration()
    mate = add_member(team)
    theirs = make_document(team, by=mate)
    assert refusal(deleted_by(team.leader, theirs)) == (404, "not_found")
    assert refusal(deleted_by(make_staff(), theirs)) == (403, "permission_denied")
    assert stays(theirs)
    assert deleted_by(mate, theirs).status_code == 200


def test_who_has_left_the_team_changes_nothing_in_it():
    team = make_registration()
    mate = add_member(team)
    theirs = make_document(team, by=mate)
    workflow.remove_member(team, mate, by=mate, at=now())
    assert refusal(deleted_by(mate, theirs)) == (403, "permission_denied")
    assert stays(theirs)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_no_team_is_submitted_without_what_it_takes_back(_round: int):
    team = make_registration(make_competition(required_documents=["student_card"]))
    document, copy = make_document(team), Registration.objects.get(pk=team.pk)
    submitted, deleted = race(
        partial(workflow.submit, copy, by=team.leader, at=now()),
        partial(workflow.delete_document, document, by=team.leader, at=now()),
    )
    team.refresh_from_db()
    if team.status == "submitted":
        assert isinstance(deleted, RuleViolation)
        assert deleted.code == "invalid_transition"
        assert stays(document)
    else:
        assert isinstance(submitted, RuleViolation)
        assert submitted.code == "documents_missing"
        assert deleted is None


def test_of_two_who_delete_at_once_one_does():
    team = make_registration()
    document = make_document(team)
    copy = Document.objects.get(pk=document.pk)
    outcomes = race(
        *(
            partial(workflow.delete_document, row, by=team.leader, at=now())
            for row in (document, copy)
        )
    )
    assert outcomes.count(None) == 1
    [refused] = [o for o in outcomes if isinstance(o, RuleViolation)]
    assert refused.code == "not_found"
    assert AuditEvent.objects.filter(action="document.deleted").count() == 1


def test_what_went_with_its_draft_is_not_found():
    team = make_registration()
    document = make_document(team)
    workflow.delete_draft(team, by=team.leader, at=now())
    with pytest.raises(RuleViolation) as refused:
        workflow.delete_document(document, by=team.leader, at=now())
    assert refused.value.code == "not_found"
