"""Behind nginx files are sent by nginx; the permission check stays ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from submissions.models import SubmissionFile
from tests.api import Api
from tests.contract.answers import refusal
from tests.factories import PDF, make_stage, make_submission, make_user
from tests.nginx import nginx_before

pytestmark = pytest.mark.django_db

ORIGIN = "http://localhost:3000"


@pytest.fixture
def file(db: None, media: Path) -> SubmissionFile:
    """A file that a team has uploaded."""
    draft = make_submission(make_stage())
    api = Api(draft.registration.leader)
    api.upload(f"/submissions/{draft.pk}/files", "karya é.pdf", PDF)
    return SubmissionFile.objects.get()


def test_nginx_is_told_where_the_file_is(file: SubmissionFile, settings: Any):
    settings.ACCEL_REDIRECT_PREFIX = "/protected/"
    path = f"/submission-files/{file.pk}/content"
    response = Api(file.registration.leader).get(path)
    assert response.status_code == 200
    assert response.content == b""
    assert response["X-Accel-Redirect"] == f"/protected/{file.storage_key}"
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    stranger = Api(make_user()).get(path)
    assert refusal(stranger)[0] == 404
    assert "X-Accel-Redirect" not in stranger


def test_a_missing_file_is_not_left_to_nginx(file: SubmissionFile, settings: Any):
    settings.ACCEL_REDIRECT_PREFIX = "/protected/"
    (Path(settings.MEDIA_ROOT) / file.storage_key).unlink()
    response = Api(file.registration.leader).get(f"/submission-files/{file.pk}/content")
    assert response.status_code == 503


@pytest.fixture
def address(start_server: Any, media: Path) -> Iterator[str]:
    """nginx before a real server."""
    server = start_server(
        ACCEL_REDIRECT_PREFIX="/protected/",
        MEDIA_ROOT=str(media),
        TRUSTED_PROXIES="1",
        ALLOWED_HOSTS="127.0.0.1",
        CORS_ALLOWED_ORIGINS=ORIGIN,
    )
    with nginx_before(server.port, media=media) as address:
        yield address


def test_nginx_sends_it(file: SubmissionFile, address: str):
    leader = Api(file.registration.leader)
    url = f"{address}/api/v1/submission-files/{file.pk}/content"
    headers = {"Authorization": f"Bearer {leader.token}", "Origin": ORIGIN}
    response = requests.get(url, headers=headers, timeout=10)
    assert response.content == PDF
    shown = response.headers
    assert "X-Accel-Redirect" not in shown
    assert shown["Content-Type"] == "application/pdf"
    assert shown["Content-Disposition"].startswith("attachment; filename")
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown["Cache-Control"] == "private, no-store"
    assert shown["Access-Control-Allow-Origin"] == ORIGIN
    assert "Content-Disposition" in shown["Access-Control-Expose-Headers"]
    assert requests.get(url, timeout=10).status_code == 401
    for path in (f"/protected/{file.storage_key}", "/protected/", "/protected"):
        direct = requests.get(address + path, timeout=10)
        assert direct.status_code == 404
        assert direct.json()["data"]["code"] == "not_found"


def test_nginx_passes_uploads_and_refuses_what_is_too_large(
    file: SubmissionFile, address: str
):
    leader = Api(file.registration.leader)
    headers = {"Authorization": f"Bearer {leader.token}"}
    url = f"{address}/api/v1/submissions/{file.submission_id}/files"
    content = PDF + bytes(3 * 2**20)  # more than any other body may have
    sent = requests.post(
        url, files={"file": ("a.pdf", content)}, headers=headers, timeout=20
    )
    assert sent.status_code == 201, sent.text
    elsewhere = requests.post(
        f"{address}/api/v1/registrations", data=content, headers=headers, timeout=20
    )
    assert elsewhere.status_code == 413
    assert elsewhere.json()["data"]["code"] == "payload_too_large"
