"""What was handed in never changes, by whatever door somebody comes."""

from __future__ import annotations

import pytest
from django.urls import reverse

from competition_site.clock import now
from competition_site.db.written_once import WrittenOnceError
from submissions import receipts
from submissions.models import Submission, SubmissionFile, SubmissionVersion
from tests.api import Api
from tests.database import by_hand
from tests.factories import make_handed_in, make_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def work() -> Submission:
    return make_handed_in(make_stage())


def attempts(row, field: str, value: object):
    rows = type(row)._default_manager.filter(pk=row.pk)
    base = type(row)._base_manager.filter(pk=row.pk)
    setattr(row, field, value)
    yield row.save
    yield lambda: row.save(update_fields=[field])
    yield lambda: rows.update(**{field: value})
    yield lambda: base.update(**{field: value})
    yield lambda: rows.bulk_update([row], [field])
    yield lambda: row.change_where({}, **{field: value})
    yield lambda: rows.update_or_create(pk=row.pk, defaults={field: value})
    yield lambda: rows.bulk_create(
        [row], update_conflicts=True, update_fields=[field], unique_fields=["id"]
    )
    yield row.delete
    yield rows.delete
    yield base.delete


@pytest.mark.parametrize(
    ("model", "field", "value"),
    [
        (SubmissionVersion, "title", "Better"),
        (SubmissionVersion, "late", True),
        (SubmissionVersion, "submitted_at", now()),
        (SubmissionVersion, "files", []),
        (SubmissionVersion, "signature", "0" * 64),
        (SubmissionFile, "sha256", "0" * 64),
        (SubmissionFile, "storage_key", "elsewhere"),
        (SubmissionFile, "size", 1),
        (SubmissionFile, "name", "other.pdf"),
    ],
)
def test_the_orm_changes_nothing(work: Submission, model, field: str, value: object):
    before = by_hand(model).values().get()
    for attempt in attempts(model.objects.get(), field, value):
        with pytest.raises(WrittenOnceError):
            attempt()
    assert by_hand(model).values().get() == before


def test_a_file_may_leave_the_working_copy(work: Submission):
    file = SubmissionFile.objects.get()
    assert file.change_where({"removed_at": None}, removed_at=now())
    assert SubmissionFile.objects.current().count() == 0


def test_the_admin_only_shows(work: Submission, client, admin):
    client.force_login(admin)
    for row in (SubmissionVersion.objects.get(), SubmissionFile.objects.get()):
        name = f"admin:submissions_{row._meta.model_name}"
        page = reverse(f"{name}_change", args=[row.pk])
        assert client.get(page).status_code == 200
        assert client.post(page, {"title": "Better"}).status_code == 403
        assert client.post(reverse(f"{name}_add"), {}).status_code == 403
        delete = reverse(f"{name}_delete", args=[row.pk])
        assert client.post(delete, {"post": "yes"}).status_code == 403


def test_who_changes_it_by_hand_is_found_out(work: Submission):
    version = SubmissionVersion.objects.get()
    path = f"/receipts/{version.code}"
    assert Api().get(path).json()["data"]["valid"] is True
    by_hand(SubmissionVersion).update(title="Better")
    assert Api().get(path).json()["data"]["valid"] is False
    by_hand(SubmissionVersion).update(title=version.title, files=[{"name": "a"}])
    assert receipts.problem(SubmissionVersion.objects.get()) == "changed"
