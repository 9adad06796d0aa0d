"""Uploads to a real server, which stores on the disk or on S3: cut off, lying, large,
on a full disk.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
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
from tests.files import makers
from tests.files.sending import BOUNDARY, file, form
from tests.files.storages import LocalStorage, RemoteStorage, Storage
from tests.servers import Server, StartServer, wait_for

pytestmark = pytest.mark.django_db

TYPES = [
    *("application/pdf", "application/zip", "video/mp4"),
    *("image/jpeg", "image/png"),
]
FILLING = "filling"


@pytest.fixture(scope="module", params=["local", "s3"])
def storage(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Storage:
    """What the server stores, and what is on its way there."""
    folder = tmp_path_factory.mktemp("media")
    if request.param == "local":
        return LocalStorage(folder)
    s3_server = request.getfixturevalue("_s3_server")
    s3_server.empty()
    return RemoteStorage(s3_server, folder)


@pytest.fixture(scope="module")
def server(start_server: StartServer, storage: Storage) -> Server:
    return start_server(**storage.environment, WEB_CONCURRENCY="1")


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


def answer_of(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    connection.settimeout(20)
    with HTTPResponse(connection) as response:
        response.begin()
        return response.status, json.loads(response.read())


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port))


def test_ten_uploads_that_break_off_leave_nothing(
    server: Server, storage: Storage, draft: Draft
):
    before = storage.keys()
    content = PDF + bytes(2 * MEGABYTE)
    for number in range(10):
        with connected(server) as connection:
            length = f"Content-Length: {len(form(file(content)))}"
            connection.sendall(head(draft, length))
            connection.sendall(form(file(content))[: (number + 1) * 100_000])
            if number % 2:
                wait_for(lambda: storage.keys() != before, "the upload has begun")
    wait_for(lambda: storage.keys() == before, "the temporary files are gone")
    assert not draft.rows().exists()


@pytest.mark.parametrize("missing", [1, 4, 50, 200_000])
def test_a_body_shorter_than_it_says_is_no_file(
    server: Server, storage: Storage, draft: Draft, missing: int
):
    before = storage.keys()
    body = form(file(PDF + bytes(300_000)))
    with connected(server) as connection:
        connection.sendall(head(draft, f"Content-Length: {len(body)}"))
        connection.sendall(body[:-missing])
        connection.shutdown(socket.SHUT_WR)
        # The answer may be lost on a connection that was ended; the file must be.
        with suppress(HTTPException, ConnectionError):
            assert answer_of(connection)[0] == 400
    time.sleep(0.2)
    wait_for(lambda: storage.keys() == before, "the temporary file is gone")
    assert not draft.rows().exists()


def test_a_body_longer_than_it_says_is_cut(
    server: Server, storage: Storage, draft: Draft
):
    before = storage.keys()
    body = form(file(PDF))
    with connected(server) as connection:
        connection.sendall(head(draft, f"Content-Length: {len(body) - 30}"))
        connection.sendall(body)
        assert answer_of(connection)[0] == 400
    assert storage.keys() == before


def test_a_body_without_its_length_is_refused(
    server: Server, storage: Storage, draft: Draft
):
    before = storage.keys()
    body = form(file(PDF))
    with connected(server) as connection:
        connection.sendall(head(draft, "Transfer-Encoding: chunked"))
        connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        status, answer = answer_of(connection)
    assert (status, answer["data"]["code"]) == (400, "validation_error")
    assert storage.keys() == before


def test_ten_gigabytes_are_refused_before_they_come(
    server: Server, storage: Storage, draft: Draft
):
    started = time.monotonic()
    with connected(server) as connection:
        connection.sendall(head(draft, f"Content-Length: {10 * 2**30}"))
        connection.sendall(file(PDF))
        status, answer = answer_of(connection)
    assert (status, answer["data"]["code"]) == (413, "payload_too_large")
    assert time.monotonic() - started < 5


def test_a_small_one_comes_to_rest_in_private(
    server: Server, storage: Storage, draft: Draft, tmp_path: Path
):
    (tmp_path / "a.pdf").write_bytes(PDF)
    url = server.url + draft.path
    upload(url, tmp_path / "a.pdf", draft.token)
    key = draft.rows().get().storage_key
    assert storage.is_private(key)
    name = Path(key).name
    for path in ("/media/", f"/media/{name}", f"/protected/{name}"):
        assert requests.get(server.url + path, timeout=10).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_file_is_never_in_memory(
    server: Server, draft: Draft, tmp_path: Path, kind: str
):
    """`make bench-uploads` sends 500 MB of each kind."""
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


HOSTILE = {
    "html as pdf": ("a.pdf", b"<!doctype html><script>alert(1)</script>"),
    "html in a pdf": ("a.pdf", b"%PDF-1.7\n<html><script>alert(1)</script></html>"),
    "html as png": ("a.png", b"<html><script>alert(1)</script></html>"),
    "html in a jpeg": ("a.jpg", b"\xff\xd8\xff<html><script>alert(1)</script></html>"),
    "svg": ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "svg as png": ("a.png", b"<?xml version='1.0'?><svg onload='alert(1)'/>"),
    "script": ("a.js", b"alert(1)"),
    "another type": ("a.png", PDF),
    "nothing": ("a.pdf", b""),
    "a pdf with a script": ("a.pdf", makers.pdf(makers.script)),
    "pdf bomb": ("a.pdf", makers.object_stream_bomb(200_000_000)),
    "png bomb": ("a.png", makers.png(50_000, 50_000, pixels=makers.ZEROS)),
    "png that unpacks to more": ("a.png", makers.png(4, 4, pixels=makers.ZEROS)),
    "10,000 frames": ("a.png", makers.png(acTL=struct.pack(">II", 10_000, 0))),
    "cut picture": ("a.jpg", makers.picture("JPEG")[:-40]),
    "path out of an archive": ("a.zip", makers.archive({"../../x": b"x"})),
}


def test_hostile_content_is_refused_in_little_memory(
    server: Server, storage: Storage, draft: Draft
):
    before = storage.keys()
    (worker,) = server.workers()
    with measured(worker) as cost:
        for what, sent in HOSTILE.items():
            response = requests.post(
                server.url + draft.path,
                files={"file": sent},
                headers={"Authorization": f"Bearer {draft.token}"},
                timeout=20,
            )
            assert response.status_code == 400, what
            assert list(response.json()["data"]["errors"]) == ["file"], what
            assert response.elapsed < timedelta(seconds=3), what
    assert storage.keys() == before
    assert not draft.rows().exists()
    assert cost.whole < 200


@pytest.fixture
def cramped(storage: Storage, tmp_path: Path) -> Iterator[Storage]:
    """Uploads pass over a file system of four megabytes, of which two are full."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(tmp_path)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:  # a right of the machine, which no package brings
        pytest.skip(f"no small disk can be mounted: {mounted.stderr.decode().strip()}")
    (tmp_path / FILLING).write_bytes(bytes(2 * MEGABYTE))
    yield storage.passing(tmp_path)
    subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize("reserve", ["0", str(MEGABYTE)])
def test_a_full_disk_is_503_and_recovers(
    start_server: StartServer, cramped: Storage, draft: Draft, reserve: str
):
    """What goes to S3 passes over the disk as well."""
    server = start_server(**cramped.environment, DISK_RESERVE_BYTES=reserve)
    before = cramped.keys()

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
    assert cramped.keys() == before
    assert requests.get(f"{server.url}/api/v1/competitions", timeout=10).ok
    assert sent(1000).status_code == 201
    (Path(server.environment["MEDIA_ROOT"]) / FILLING).unlink()
    assert sent(2 * MEGABYTE).status_code == 201  # without a restart
    server.stop()
