"""``purge_documents``: personal files go in time, and nothing else does."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.core.files.storage import default_storage

from accounts.models import AuditEvent
from competition_site.clock import iso, now
from registrations import workflow
from registrations.models import Competition, Document, Registration
from tests.api import Api
from tests.factories import (
    make_competition,
    make_document,
    make_registration,
    make_staff,
)
from tests.racing import race
from tests.upkeep.commands import outcome, report

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
AT = ["--at", iso(now() + 40 * DAY)]


def handed_in(kind: str = "student_card", *, ends_in: float = 9) -> Document:
    competition = make_competition(required_documents=["student_card"])
    document = make_document(make_registration(competition), kind=kind)
    ends_at = now() + ends_in * DAY
    Competition.objects.filter(pk=competition.pk).update(ends_at=ends_at)
    return document


def purged(*arguments: str) -> list[str]:
    told = report("purge_documents", *arguments)["purge_documents"]
    assert told["failed"] == 0
    return [item["subject"] for item in told["items"]]


def test_a_personal_document_goes_thirty_days_after_the_end() -> None:
    document, letter = handed_in(), handed_in("enrolment_letter")
    kept = [handed_in("other"), handed_in("other"), handed_in(ends_in=11)]
    Document.objects.filter(pk=kept[0].pk).update(kind="payment_proof")
    workflow.verify_document(document, by=make_staff())
    wanted = sorted(f"document {row.pk}" for row in (document, letter))
    assert purged() == []
    assert sorted(purged("--dry-run", *AT)) == wanted
    assert Document.objects.filter(status="purged").count() == 0
    assert sorted(purged(*AT)) == wanted
    for row in (document, letter):
        row.refresh_from_db()
        assert (row.status, row.file_name) == ("purged", "")
        assert not default_storage.exists(row.storage_key)
    assert all(default_storage.exists(row.storage_key) for row in kept)
    assert purged(*AT) == []
    events = AuditEvent.objects.filter(action="document.purged")
    assert events.count() == 2


def test_what_was_complete_stays_so() -> None:
    document = handed_in()
    workflow.verify_document(document, by=make_staff())
    assert Registration.objects.get().documents_complete
    purged(*AT)
    assert Registration.objects.get().documents_complete
    assert outcome("check_consistency")[0] == 0


def test_its_file_is_not_found_any_more() -> None:
    document = handed_in()
    owner = Api(document.uploaded_by)
    path = f"/documents/{document.pk}/file"
    answer = owner.get(path)
    assert answer.status_code == 200
    answer.close()
    purged(*AT)
    assert owner.get(path).status_code == 404
    shown = owner.get(f"/registrations/{document.registration_id}").json()["data"]
    assert [(d["status"], d["href"]) for d in shown["documents"]] == [("purged", None)]


def test_two_at_once_purge_once() -> None:
    documents = [handed_in() for _ in range(4)]
    runs = race(*[partial(purged, *AT)] * 2)
    assert sorted(runs[0] + runs[1]) == sorted(f"document {d.pk}" for d in documents)
    assert AuditEvent.objects.filter(action="document.purged").count() == 4


def test_how_long_is_a_setting(settings) -> None:
    settings.RETENTION_DAYS = 32
    handed_in()
    assert purged(*AT) == []
