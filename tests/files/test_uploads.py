"""Uploads and downloads through the API, on the disk and on S3."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.core.files.storage import default_storage

from competition_site.api import multipart
from competition_site.clock import now
from registrations.models import Document
from submissions.models import Stage, Submission, SubmissionFile
from tests.api import Api
from tests.contract.answers import errors_of, refusal
from tests.factories import PDF, make_stage, make_submission, make_user
from tests.files import makers
from tests.files.storages import Storage

pytestmark = pytest.mark.django_db

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LARGE = makers.archive({"zeros": bytes(multipart.LARGE)}, level=0)


@pytest.fixture
def draft(db: None) -> Submission:
    """A team's work, without files, for a stage that takes two."""
    types = ["application/pdf", "image/jpeg", "application/zip"]
    return make_submission(make_stage(max_files=2, allowed_types=types))


@pytest.fixture
def api(draft: Submission) -> Api:
    """The team's leader."""
    return Api(draft.registration.leader)


@pytest.fixture
def path(draft: Submission) -> str:
    return f"/submissions/{draft.pk}/files"


def content_of(api: Any, file_id: str) -> Any:
    return api.get(f"/submission-files/{file_id}/content")


def test_what_was_sent_is_stored_and_sent_back(api: Api, path: str, storage: Storage):
    row = api.upload(path, "karya é.pdf", PDF).json()["data"]
    assert row["sha256"] == sha256(PDF).hexdigest()
    (key,) = storage.keys()
    assert storage.content(key) == PDF
    assert "karya" not in key
    response = content_of(api, row["id"])
    assert response.getvalue() == PDF
    assert response["Content-Length"] == str(len(PDF))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert {name: response[name] for name in HEADERS} == HEADERS


def test_who_may_not_see_it_gets_nothing(api: Api, path: str, storage: Storage):
    row = api.upload(path, "a.pdf", PDF).json()["data"]
    assert refusal(content_of(Api(make_user()), row["id"]))[0] == 404
    assert refusal(content_of(Api(), row["id"]))[0] == 401


def test_the_hash_in_the_receipt_is_that_of_the_stored_bytes(
    api: Api, path: str, storage: Storage
):
    photo = makers.photo()
    row = api.upload(path, "photo.jpg", photo).json()["data"]
    code = api.post(path.replace("files", "submit")).json()["data"]["receipt"]["code"]
    receipt = Api().get(f"/receipts/{code}").json()["data"]
    (key,) = storage.keys()
    stored = storage.content(key)
    assert makers.SECRET in photo
    assert makers.SECRET not in stored
    assert [f["sha256"] for f in receipt["files"]] == [sha256(stored).hexdigest()]
    assert row["size"] == len(stored)


def test_the_hash_of_what_was_sent_tells_equal_proofs(
    draft: Submission, api: Api, storage: Storage
):
    path = f"/registrations/{draft.registration_id}/documents"
    api.upload(path, "a.jpg", makers.photo(), fields={"kind": "other"})
    row = Document.objects.latest("id")
    (key,) = storage.keys()
    assert row.original_sha256 == sha256(makers.photo()).hexdigest()
    assert row.sha256 == sha256(storage.content(key)).hexdigest()


def test_the_same_file_twice_is_two_files(api: Api, path: str, storage: Storage):
    rows = [api.upload(path, "a.pdf", PDF).json()["data"] for _ in range(2)]
    assert rows[0]["id"] != rows[1]["id"]
    assert rows[0]["sha256"] == rows[1]["sha256"]
    assert len(set(storage.keys())) == 2


def test_the_same_request_twice_is_one_file(api: Api, path: str, storage: Storage):
    first, again = (
        api.upload(path, "a.pdf", PDF, Idempotency_Key="k1") for _ in range(2)
    )
    assert first.content == again.content
    assert again["Idempotency-Replayed"] == "true"
    assert len(storage.keys()) == 1


@pytest.mark.parametrize("key", [{}, {"Idempotency_Key": "k1"}], ids=["plain", "keyed"])
@pytest.mark.parametrize(
    "file", [("a.pdf", PDF), ("a.zip", LARGE)], ids=["small", "large"]
)
def test_what_the_rules_refuse_leaves_nothing(
    draft: Submission, storage: Storage, file: tuple[str, bytes], key: dict[str, str]
):
    path, api = f"/submissions/{draft.pk}/files", Api(draft.registration.leader)
    stored = [api.upload(path, "a.pdf", PDF) for _ in range(2)]
    assert [r.status_code for r in stored] == [201, 201]
    held = storage.keys()
    response = api.upload(path, *file, **key)
    assert list(errors_of(response)) == ["file"]
    assert storage.keys() == held
    assert SubmissionFile.objects.count() == 2


def close(stage: Stage) -> None:
    stage.change(closes_at=now() - timedelta(hours=1))


def test_a_large_body_is_not_read_for_a_closed_stage(
    draft: Submission, api: Api, storage: Storage, monkeypatch: pytest.MonkeyPatch
):
    path = f"/submissions/{draft.pk}/files"

    def read(*arguments: Any) -> None:
        raise AssertionError

    close(draft.stage)
    monkeypatch.setattr(multipart, "_read", read)
    response = api.upload(path, "a.pdf", PDF + bytes(multipart.LARGE))
    assert refusal(response) == (409, "stage_closed")
    monkeypatch.undo()
    # A small body is judged in the contract's order: what it is comes first.
    assert refusal(api.upload(path, "a.pdf", b"junk"))[0] == 400
    assert refusal(api.upload(path, "a.pdf", PDF)) == (409, "stage_closed")
    assert storage.keys() == []


def test_a_repetition_is_answered_when_the_stage_has_closed(
    draft: Submission, api: Api, storage: Storage
):
    path = f"/submissions/{draft.pk}/files"
    first = api.upload(path, "a.zip", LARGE, Idempotency_Key="k1")
    assert first.status_code == 201
    close(draft.stage)
    again = api.upload(path, "a.zip", LARGE, Idempotency_Key="k1")
    assert again.content == first.content


def test_files_have_a_limit_in_all(
    api: Api, path: str, storage: Storage, settings: Any
):
    settings.MAX_SUBMISSION_BYTES = 2 * len(PDF) - 1
    row = api.upload(path, "a.pdf", PDF).json()["data"]
    assert list(errors_of(api.upload(path, "a.pdf", PDF))) == ["file"]
    assert len(storage.keys()) == 1
    assert api.delete(f"/submission-files/{row['id']}").status_code == 200
    assert storage.keys() == []
    assert api.upload(path, "a.pdf", PDF).status_code == 201


def test_a_damaged_file_is_never_sent_whole(api: Api, path: str, storage: Storage):
    row = api.upload(path, "a.pdf", PDF).json()["data"]
    (key,) = storage.keys()
    for damaged in (PDF[:-1] + b"x", PDF[:-1], PDF + b"x"):
        storage.damage(key, damaged)
        response = content_of(api, row["id"])
        chunks: list[bytes] = []
        with pytest.raises(OSError, match=key):
            chunks.extend(response.streaming_content)
        response.close()
        assert len(b"".join(chunks)) < len(PDF)


def test_a_missing_file_is_503(api: Api, path: str, storage: Storage):
    row = api.upload(path, "a.pdf", PDF).json()["data"]
    default_storage.delete(storage.keys()[0])
    assert content_of(api, row["id"]).status_code == 503
