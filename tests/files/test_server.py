"""Uploads to a real server: cut off, lying, large, on a full disk."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db.models import QuerySet

from bench.uploads import KINDS, LIMIT, MEGABYTE, download, measured, upload
from submissions.models import Submission, SubmissionFile
from tests.api import Api
from tests.factories import PDF, make_stage, make_submission
from tests.files.sending import BOUNDARY, file, form
from tests.servers import Server, StartServer, wait_for

pytestmark = pytest.mark.django_db

TYPES = ["application/pdf", "application/zip", "video/mp4"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="module")
def server(start_server: StartServer, folder: Path) -> Server:
    return start_server(MEDIA_ROOT=str(folder), WEB_CONCURRENCY="1")


@dataclass(frozen=True)
class Draft:
    """A team's work, and the token of its leader."""

    submission: Submission
    token: str

    @property
    def path(self) -> str:
        return f"/api/v1/submissions/{self.submission.pk}/files"

    def rows(self) -> QuerySet[SubmissionFile]:
        return SubmissionFile.objects.filter(submission=self.submission)


@pytest.fixture
def draft(db: None) -> Draft:
    submission = make_submission(
        make_stage(allowed_types=TYPES, max_file_bytes=100 * MEGABYTE)
    )
    return Draft(submission, str(Api(submission.registration.leader).token))


def head(draft: Draft, *lines: str) -> bytes:
    return "\r\n".join(
        [
            f"POST {draft.path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {draft.token}",
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            *lines,
            "",
            "",
        ]
    ).encode()


def files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


def answer_of(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    connection.settimeout(20)
    with HTTPResponse(connection) as response:
        response.begin()
        return response.status, json.loads(response.read())


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port))


def test_ten_uploads_that_break_off_leave_nothing(
    server: Server, folder: Path, draft: Draft
):
    before = files(folder)
    content = PDF + bytes(2 * MEGABYTE)
    for number in range(10):
        with connected(server) as connection:
            length = f"Content-Length: {len(form(file(content)))}"
            connection.sendall(head(draft, length))
            connection.sendall(form(file(content))[: (number + 1) * 100_000])
            if number % 2:
                wait_for(lambda: files(folder) != before, "the upload has begun")
    wait_for(lambda: files(folder) == before, "the temporary files are gone")
    assert not draft.rows().exists()


@pytest.mark.parametrize("missing", [1, 4, 50, 200_000])
def test_a_body_shorter_than_it_says_is_no_file(
    server: Server, folder: Path, draft: Draft, missing: int
):
    before = files(folder)
    body = form(file(PDF + bytes(300_000)))
    with connected(server) as connection:
        connection.sendall(head(draft, f"Content-Length: {len(body)}"))
        connection.sendall(body[:-missing])
        connection.shutdown(socket.SHUT_WR)
        # The answer may be lost on a connection that was ended; the file must be.
        with suppress(HTTPException, ConnectionError):
            assert answer_of(connection)[0] == 400
    time.sleep(0.2)
    wait_for(lambda: files(folder) == before, "the temporary file is gone")
    assert not draft.rows().exists()


def test_a_body_longer_than_it_says_is_cut(server: Server, folder: Path, draft: Draft):
    before = files(folder)
    body = form(file(PDF))
    with connected(server) as connection:
        connection.sendall(head(draft, f"Content-Length: {len(body) - 30}"))
        connection.sendall(body)
        assert answer_of(connection)[0] == 400
    assert files(folder) == before


def test_a_body_without_its_length_is_refused(
    server: Server, folder: Path, draft: Draft
):
    before = files(folder)
    body = form(file(PDF))
    with connected(server) as connection:
        connection.sendall(head(draft, "Transfer-Encoding: chunked"))
        connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        status, answer = answer_of(connection)
    assert (status, answer["data"]["code"]) == (400, "validation_error")
    assert files(folder) == before


def test_ten_gigabytes_are_refused_before_they_come(
    server: Server, folder: Path, draft: Draft
):
    started = time.monotonic()
    with connected(server) as connection:
        connection.sendall(head(draft, f"Content-Length: {10 * 2**30}"))
        connection.sendall(file(PDF))
        status, answer = answer_of(connection)
    assert (status, answer["data"]["code"]) == (413, "payload_too_large")
    assert time.monotonic() - started < 5


def test_a_small_one_comes_to_rest_with_its_modes(
    server: Server, folder: Path, draft: Draft, tmp_path: Path
):
    (tmp_path / "a.pdf").write_bytes(PDF)
    url = server.url + draft.path
    upload(url, tmp_path / "a.pdf", draft.token)
    stored = folder / draft.rows().get().storage_key
    assert stat.S_IMODE(stored.stat().st_mode) == 0o640
    assert stat.S_IMODE(stored.parent.stat().st_mode) == 0o750
    for path in ("/media/", f"/media/{stored.name}", f"/protected/{stored.name}"):
        assert requests.get(server.url + path, timeout=10).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_file_is_never_in_memory(
    server: Server, draft: Draft, tmp_path: Path, kind: str
):
    """`make bench-uploads` sends 500 MB of each kind, also to S3."""
    url = server.url + draft.path
    for size in (1000, 60 * MEGABYTE):
        path = tmp_path / f"{size}.{kind}"
        with path.open("wb") as written:
            written.writelines(KINDS[kind](size))
    upload(url, tmp_path / f"1000.{kind}", draft.token)  # what is loaded once, is
    (worker,) = server.workers()
    with measured(worker) as there:
        row = upload(url, path, draft.token)
    back_url = f"{server.url}/api/v1/submission-files/{row['id']}/content"
    with measured(worker) as back:
        assert download(back_url, draft.token) == path.stat().st_size
    assert there.peak < LIMIT / 4
    assert back.peak < LIMIT / 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(tmp_path)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:  # a right of the machine, which no package brings
        pytest.skip(f"no small disk can be mounted: {mounted.stderr.decode().strip()}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize("reserve", ["0", str(MEGABYTE)])
def test_a_full_disk_is_503_and_recovers(
    start_server: StartServer,
    small_disk: Path,
    draft: Draft,
    reserve: str,
):
    server = start_server(MEDIA_ROOT=str(small_disk), DISK_RESERVE_BYTES=reserve)
    filling = small_disk / "filling"
    filling.write_bytes(bytes(2 * MEGABYTE))

    def sent(size: int) -> requests.Response:
        return requests.post(
            server.url + draft.path,
            files={"file": ("a.pdf", PDF + bytes(size))},
            headers={"Authorization": f"Bearer {draft.token}"},
            timeout=20,
        )

    response = sent(3 * MEGABYTE)
    assert response.status_code == 503
    assert response.json()["data"]["code"] == "service_unavailable"
    assert files(small_disk) == [filling]
    assert requests.get(f"{server.url}/api/v1/competitions", timeout=10).ok
    assert sent(1000).status_code == 201
    filling.unlink()
    assert sent(2 * MEGABYTE).status_code == 201  # without a restart
    server.stop()
