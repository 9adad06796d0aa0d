"""A worker is killed at each step of an upload; then the books are put in order.

Whatever was written when the process ended: ``check_consistency --fix`` leaves no file
without a row and no row without a file, and the repetition uploads the file once.
"""

from __future__ import annotations

import io
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from competition_site.files.uploads import incoming_folder
from submissions.models import Submission, SubmissionFile
from tests.api import access_token
from tests.factories import PDF, make_submission
from tests.faults.conftest import LONGEST, DieAt
from tests.servers import wait_for

FILES = SubmissionFile._meta.db_table
SUBMISSIONS = Submission._meta.db_table
BEFORE_COMMIT = (
    "part begun",
    "part whole",
    "part placed",
    f"update {SUBMISSIONS}",
    f"insert {FILES}",
)
AGE = 2 * 3600


@pytest.fixture(autouse=True)
def _empty_storage() -> None:
    """Only what these tests store is looked at."""
    for path in _stored():
        path.unlink()


def _stored() -> list[Path]:
    folders = (Path(settings.MEDIA_ROOT) / "submissions", incoming_folder())
    return [path for f in folders for path in f.rglob("*") if path.is_file()]


class Uploading:
    """One team's upload, with its key."""

    def __init__(self, url: str) -> None:
        self.work = make_submission()
        self.url = f"{url}/api/v1/submissions/{self.work.pk}/files"
        token = access_token(self.work.registration.leader)
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": uuid4().hex,
        }

    def send(self) -> requests.Response:
        files = {"file": ("work.pdf", PDF, "application/pdf")}
        return requests.post(self.url, headers=self.headers, files=files, timeout=60)

    def is_killed(self) -> None:
        with pytest.raises(requests.ConnectionError):
            self.send()

    def is_taken(self) -> None:
        """Repeat until it is answered; a dead transaction holds its rows a while."""
        give_up_at = time.monotonic() + LONGEST + 5
        while (reply := self.send()).status_code != 201:
            assert reply.status_code in {409, 503}, reply.text
            assert time.monotonic() < give_up_at, reply.text
            time.sleep(int(reply.headers["Retry-After"]))


def reconcile() -> dict[str, Any]:
    """Mend what was left behind, two hours later; what a second look finds."""
    then = time.time() - AGE
    for path in _stored():
        os.utime(path, (then, then))
    _check("--fix", "--no-input")
    return _check()


def _check(*arguments: str) -> dict[str, Any]:
    said = io.StringIO()
    only = [
        f"--only={name}"
        for name in ("missing_files", "stray_files", "leftover_parts", "submissions")
    ]
    with suppress(CommandError):  # something is left
        call_command("check_consistency", "--json", *only, *arguments, stdout=said)
    return json.loads(said.getvalue())


def require_one_to_one(work: Submission, rows: int) -> None:
    """Each row has its file, each file its row, and the team's counters say so."""
    held = list(SubmissionFile.objects.filter(submission=work))
    assert len(held) == rows
    paths = {Path(default_storage.path(file.storage_key)) for file in held}
    assert set(_stored()) == paths
    for path in paths:
        assert path.read_bytes() == PDF
    work.refresh_from_db()
    assert (work.files_count, work.files_bytes) == (rows, rows * len(PDF))


@pytest.mark.parametrize("moment", BEFORE_COMMIT)
def test_killed_before_its_commit_an_upload_leaves_nothing(
    dying: DieAt, moment: str
) -> None:
    upload = Uploading(dying(moment).url)
    upload.is_killed()
    [left] = _stored()
    assert left.suffix == (".part" if moment in BEFORE_COMMIT[:2] else "")
    assert reconcile()["findings"] == []
    require_one_to_one(upload.work, 0)
    upload.is_taken()
    assert reconcile()["findings"] == []
    require_one_to_one(upload.work, 1)


def test_killed_after_its_commit_an_upload_is_there_once(dying: DieAt) -> None:
    upload = Uploading(dying("answer").url)
    upload.is_killed()
    assert reconcile()["findings"] == []
    require_one_to_one(upload.work, 1)
    reply = upload.send()
    assert (reply.status_code, reply.headers["Idempotency-Replayed"]) == (201, "true")
    wait_for(lambda: len(_stored()) == 1, "the part sent again is gone")
    require_one_to_one(upload.work, 1)


def test_control_without_reconciling_the_stray_file_stays(dying: DieAt) -> None:
    upload = Uploading(dying("part placed").url)
    upload.is_killed()
    upload.is_taken()
    with pytest.raises(AssertionError):
        require_one_to_one(upload.work, 1)
    assert len(_stored()) == 2
    assert reconcile()["findings"] == []
    require_one_to_one(upload.work, 1)
