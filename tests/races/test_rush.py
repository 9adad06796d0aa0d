"""The last minute: teams upload 1 MB and hand it in, each when it wants to.

Arrivals don't wait for answers (an open model), half of them in the last third. A team
repeats what was refused for now, with its keys. ``RUSH_TEAMS=200`` and
``RUSH_SECONDS=60`` are the long form.
"""

from __future__ import annotations

import io
import os
import random
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import uuid4

import pytest
import requests
from django.core.files.storage import default_storage

from submissions import receipts
from submissions.models import SubmissionFile, SubmissionVersion
from tests.factories import make_stage
from tests.races.crowd import tables
from tests.races.works import Work, make_works
from tests.servers import Server, StartServer

TEAMS = int(os.environ.get("RUSH_TEAMS", "12"))
SECONDS = float(os.environ.get("RUSH_SECONDS", "3"))
SIZE = 1024 * 1024
ATTEMPTS = 20
PROCESSES = "2"


def archive() -> bytes:
    """A ZIP of 1 MB that no other team has."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("work.bin", random.randbytes(SIZE))
    return target.getvalue()


@dataclass
class Team:
    """What one team sends, and what came back."""

    work: Work
    due: float
    content: bytes = field(default_factory=archive)
    statuses: list[int] = field(default_factory=list)
    upload_seconds: float = 0.0
    submit_seconds: float = 0.0
    receipt: str = ""

    def hand_in(self, url: str) -> None:
        time.sleep(max(0.0, self.due - time.monotonic()))
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self.work.token}"
            started = time.monotonic()
            files = {"file": ("work.zip", self.content, "application/zip")}
            self._post(session, f"{url}{self.work.path}/files", files=files)
            self.upload_seconds = time.monotonic() - started
            reply = self._post(session, f"{url}{self.work.path}/submit")
            self.submit_seconds = time.monotonic() - started - self.upload_seconds
            self.receipt = reply.json()["data"]["receipt"]["code"]

    def _post(self, session: requests.Session, url: str, **body) -> requests.Response:
        """Send until it is taken, every time with the same key."""
        headers = {"Idempotency-Key": uuid4().hex}
        for _ in range(ATTEMPTS):
            reply = session.post(url, headers=headers, timeout=60, **body)
            self.statuses.append(reply.status_code)
            if reply.status_code in {200, 201}:
                return reply
            assert "Retry-After" in reply.headers, reply.text
            time.sleep(int(reply.headers["Retry-After"]))
        pytest.fail(f"refused {ATTEMPTS} times: {self.statuses}")


def _arrivals() -> list[float]:
    """Half of the teams in the last third of the time."""
    early, late = TEAMS // 2, TEAMS - TEAMS // 2
    edge = SECONDS * 2 / 3
    return [
        *(random.uniform(0, edge) for _ in range(early)),
        *(random.uniform(edge, SECONDS) for _ in range(late)),
    ]


def require_kept(team: Team) -> None:
    """The bytes, the row and the receipt are those of what the team sent."""
    digest = sha256(team.content).hexdigest()
    [file] = SubmissionFile.objects.filter(submission=team.work.submission)
    [version] = SubmissionVersion.objects.filter(submission=team.work.submission)
    assert (version.number, version.code) == (1, team.receipt)
    assert [f["sha256"] for f in version.files] == [file.sha256] == [digest]
    assert receipts.is_valid(version)
    with default_storage.open(file.storage_key) as stored:
        assert sha256(stored.read()).hexdigest() == digest


def _slowest(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    half, most = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    return f"p50 {half:.2f} p99 {most:.2f} max {ordered[-1]:.2f} s"


@pytest.fixture(scope="module")
def two(start_server: StartServer) -> Server:
    """Two processes; the limits are those of production."""
    return start_server(WEB_CONCURRENCY=PROCESSES)


def test_nothing_is_lost_in_the_last_minute(two: Server, db: None) -> None:
    stage = make_stage(max_file_bytes=2 * SIZE)
    works = make_works([stage], TEAMS)
    start = time.monotonic() + 0.5
    teams = [
        Team(work, start + at) for work, at in zip(works, _arrivals(), strict=True)
    ]
    with ThreadPoolExecutor(TEAMS) as clients:
        for sent in [clients.submit(team.hand_in, two.url) for team in teams]:
            sent.result()
    taken = time.monotonic() - start
    statuses = [status for team in teams for status in team.statuses]
    assert not [status for status in statuses if status >= 500]
    for team in teams:
        require_kept(team)
    assert SubmissionVersion.objects.count() == TEAMS
    uploads, submits = (
        _slowest([getattr(team, name) for team in teams])
        for name in ("upload_seconds", "submit_seconds")
    )
    again = len(statuses) - 2 * TEAMS
    tables.append(
        f"rush, {TEAMS} teams with 1 MB in {SECONDS:g} s over {PROCESSES} processes: "
        f"0 lost, 0 answers of 5xx, {again} repeated, done after {taken:.1f} s; "
        f"upload {uploads}; submit {submits}"
    )
