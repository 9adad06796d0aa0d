"""Actions call the workflow: done, or told why not, row by row."""

import pytest

from accounts.models import AuditEvent
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations import workflow
from registrations.models import Competition, Document, Registration
from submissions.models import SubmissionFile
from tests.factories import (
    PDF,
    make_approved,
    make_competition,
    make_document,
    make_registration,
    stored_file,
)


@pytest.fixture
def office(as_office, staff):
    return as_office(staff)


def submitted(**fields):
    registration = make_registration(**fields)
    return workflow.submit(registration, by=registration.leader, at=now())


def test_approve(office, staff):
    registration = submitted()
    assert office.run("approve", registration) == ["Approved: 1."]
    registration.refresh_from_db()
    assert registration.status == "approved"
    event = AuditEvent.objects.get(action="registration.approved")
    assert event.actor_id == staff.pk
    mail = OutboxMessage.objects.get(kind="registration_approved")
    assert mail.recipient == registration.leader.email


def test_a_refused_row_is_told_and_holds_up_no_other(office):
    good, draft = submitted(), make_registration()
    messages = office.run("approve", good, draft)
    assert len(messages) == 2
    assert messages[0].startswith(str(draft))
    assert messages[1] == "Approved: 1."
    good.refresh_from_db()
    draft.refresh_from_db()
    assert (good.status, draft.status) == ("approved", "draft")


def test_the_last_place_goes_to_the_team_that_came_first(office):
    competition = make_competition(capacity=1, seat_policy="on_approval")
    first, second = (submitted(competition=competition) for _ in range(2))
    messages = office.run("approve", second, first)
    assert messages[0].startswith(str(second))
    assert [r.status for r in Registration.objects.order_by("id")] == [
        "approved",
        "submitted",
    ]
    competition.refresh_from_db()
    assert competition.seats_taken == 1


def test_publish_and_archive(office):
    competition = make_competition(published=False)
    assert office.run("archive", competition)[0].startswith(str(competition))
    assert office.run("publish", competition) == ["Published: 1."]
    assert office.run("archive", competition) == ["Archived: 1."]
    competition.refresh_from_db()
    assert competition.status == "archived"
    actions = list(AuditEvent.objects.values_list("action", flat=True).order_by("id"))
    assert actions[-2:] == ["competition.published", "competition.archived"]


def test_publishing_a_competition_that_became_unsound_is_refused(office):
    competition = make_competition(published=False)
    Competition.objects.update(team_size_min=9)
    (message,) = office.run("publish", competition)
    assert "team_size_max" in message
    competition.refresh_from_db()
    assert competition.status == "draft"


def test_verify_a_document(office):
    document = make_document(make_registration())
    assert office.run("verify", document) == ["Verified: 1."]
    (message,) = office.run("verify", document)
    assert message.startswith(str(document))
    document.refresh_from_db()
    assert document.status == "verified"
    assert AuditEvent.objects.filter(action="document.verified").count() == 1


def test_refuse_a_document_with_its_reason(office):
    document = make_document(make_registration())
    assert office.run("refuse", document, reason=" Blurred. ") == ["Refused: 1."]
    document.refresh_from_db()
    assert (document.status, document.reason) == ("refused", "Blurred.")
    mail = OutboxMessage.objects.get(kind="document_refused")
    assert "Blurred." in mail.body
    (message,) = office.run("refuse", document, reason="Again.")
    assert message.startswith(str(document))
    document.refresh_from_db()
    assert document.reason == "Blurred."


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_refusal_without_a_fitting_reason_changes_nothing(office, reason):
    document = make_document(make_registration())
    (message,) = office.run("refuse", document, reason=reason)
    assert message
    document.refresh_from_db()
    assert document.status == "uploaded"
    assert not OutboxMessage.objects.filter(kind="document_refused").exists()


def test_nobody_deletes_through_an_action(office):
    registration = make_registration()
    office.run("delete_selected", registration)
    assert Registration.objects.filter(pk=registration.pk).exists()


def test_opening_a_document_sends_it_and_is_recorded(office, staff):
    document = make_document(make_registration(), file=stored_file("card.pdf"))
    page = office.open(document)
    href = office.url(Document, "file", document.pk)
    assert href in page.content.decode()
    response = office.client.get(href)
    assert response.getvalue() == PDF
    assert response["Content-Disposition"] == 'attachment; filename="card.pdf"'
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    event = AuditEvent.objects.get(action="document.opened")
    assert (event.actor_id, event.object_id) == (staff.pk, document.pk)


def test_a_file_is_not_for_anybody_else(as_office, student):
    document = make_document(make_registration())
    office = as_office(student)
    response = office.open(document, "file")
    assert response.status_code == 302
    assert not AuditEvent.objects.filter(action="document.opened").exists()


def test_a_file_that_is_gone_is_told(office):
    from django.core.files.storage import default_storage

    document = make_document(make_registration())
    default_storage.delete(document.storage_key)
    href = office.url(Document, "file", document.pk)
    page = office.client.get(href, follow=True)
    assert page.status_code == 200
    assert "missing in the storage" in page.content.decode()


def test_the_file_of_no_document_is_not_found(office):
    make_document(make_registration())
    pk = "00000000-0000-7000-8000-000000000000"
    assert office.client.get(office.url(Document, "file", pk)).status_code == 404


def test_submitted_work_can_be_downloaded(rows, office):
    response = office.open(rows[SubmissionFile], "file")
    assert response.getvalue() == PDF
    assert response["Content-Disposition"].startswith("attachment")


def test_roles_decide_who_may_act(office, monkeypatch):
    from accounts import roles

    document, registration = make_document(make_registration()), make_approved()
    monkeypatch.setattr(roles, "STAFF_WRITES", frozenset())
    assert "_selected_action" not in office.list(Document).content.decode()
    office.run("verify", document)
    office.run("approve", registration)
    document.refresh_from_db()
    assert document.status == "uploaded"
