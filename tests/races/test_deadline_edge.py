"""Hundreds hand in around the deadline, over four processes; a client's clock is judge.

Each reply is bracketed by the moments at which the client sent and got it. Answered
before the deadline is on time, sent at or after it is late or refused, and the stamp
lies within the bracket. ``DEADLINE_SUBMISSIONS=1000`` is the long form.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from competition_site.clock import to_milliseconds
from submissions.models import Stage, Submission, SubmissionVersion
from tests.factories import make_competition, make_stage
from tests.races.crowd import tables
from tests.races.works import Work, make_works
from tests.servers import NO_LIMITS, Server, StartServer

COUNT = int(os.environ.get("DEADLINE_SUBMISSIONS", "60"))
AROUND = 2.0 if COUNT > 200 else 1.5
"""Seconds before and after the deadline in which they are sent."""
LEAD = 2.0
"""Seconds until the first is sent: all clients wait for their moment by then."""
CONTROL = 40
CLIENTS = 250
"""How many may wait for an answer at once."""
PROCESSES = "4"
BUSY, ATTEMPTS = 503, 10
"""SQLite has one writer: of four processes some wait for it longer than 5 s."""


@dataclass(frozen=True)
class Bracketed:
    """One submission: when it was sent, what came back, and when that was there."""

    work: Work
    sent: datetime
    answered: datetime
    status: int
    body: Any
    busy: int

    @property
    def outcome(self) -> str:
        if self.status != 200:
            return str(self.body["data"].get("code", self.status))
        return "late" if self.body["data"]["late"] else "on time"


def _send(port: int, work: Work, due: float) -> Bracketed:
    """Send at the moment ``due``; again where the answer is "busy", as clients do."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=180)
    time.sleep(max(0.0, due - time.time()))
    connection.connect()
    for busy in range(ATTEMPTS):  # noqa: B007 - told at the end
        sent = datetime.now(UTC)
        headers = {"Authorization": f"Bearer {work.token}"}
        connection.request("POST", f"{work.path}/submit", headers=headers)
        response = connection.getresponse()
        body = json.loads(response.read())
        answered = datetime.now(UTC)
        if response.status != BUSY:
            break
        time.sleep(int(response.headers["Retry-After"]))
    connection.close()
    return Bracketed(work, sent, answered, response.status, body, busy)


def all_hand_in(server: Server, count: int) -> tuple[datetime, list[Bracketed]]:
    """Half of them for a stage that refuses late work, half for one that flags it."""
    competition = make_competition()
    opens = {"opens_at": datetime.now(UTC) - timedelta(hours=1), "accepts_text": True}
    stages = [make_stage(competition, **opens) for _ in range(2)]
    works = make_works(stages, count, summary="It is text.")
    closes = to_milliseconds(datetime.now(UTC) + timedelta(seconds=LEAD + AROUND))
    rows = Stage.objects.filter(pk__in=[stage.pk for stage in stages])
    rows.update(closes_at=closes)
    flagging = rows.filter(pk=stages[1].pk)
    flagging.update(late_policy="flag", late_until=closes + timedelta(hours=1))
    offsets = sorted(random.uniform(-AROUND, AROUND) for _ in works)
    due = [closes.timestamp() + offset for offset in offsets]
    with ThreadPoolExecutor(min(count, CLIENTS)) as clients:
        sent = [
            clients.submit(_send, server.port, work, moment)
            for work, moment in zip(works, due, strict=True)
        ]
    connections.close_all()
    return closes, [reply.result() for reply in sent]


def unjust(closes: datetime, replies: list[Bracketed]) -> list[str]:
    """What is wrong with each reply that isn't just."""
    flags = dict(Stage.objects.values_list("pk", "late_policy"))
    wrong = []
    for reply in replies:
        flagging = flags[reply.work.submission.stage_id] == "flag"
        after = "late" if flagging else "stage_closed"
        allowed = {"on time", after}
        if reply.answered < closes:
            allowed = {"on time"}
        if reply.sent >= closes:
            allowed = {after}
        if reply.outcome not in allowed:
            wrong.append(f"{reply.sent} – {reply.answered}: {reply.outcome}")
        if reply.status == 200 and (error := _stamp_error(closes, reply)):
            wrong.append(error)
    return wrong


def _stamp_error(closes: datetime, reply: Bracketed) -> str | None:
    stamp = datetime.fromisoformat(reply.body["data"]["submitted_at"])
    if not to_milliseconds(reply.sent) <= stamp <= reply.answered:
        return f"{reply.sent} – {reply.answered}: stamped {stamp}"
    if (stamp >= closes) != reply.body["data"]["late"]:
        return f"{stamp} against {closes}: {reply.outcome}"
    return None


def require_stored(replies: list[Bracketed]) -> None:
    """What was answered is what is stored, and nothing else is."""
    told = {
        reply.work.submission.pk: (
            datetime.fromisoformat(reply.body["data"]["submitted_at"]),
            reply.body["data"]["late"],
        )
        for reply in replies
        if reply.status == 200
    }
    stored = SubmissionVersion.objects.values_list(
        "submission_id", "submitted_at", "late"
    )
    assert {key: (at, late) for key, at, late in stored} == told
    work = Submission.objects.filter(status="submitted")
    shown = work.values_list("pk", "submitted_at", "late")
    assert {key: (at, late) for key, at, late in shown} == told


@pytest.fixture(scope="module")
def four(start_server: StartServer) -> Server:
    return start_server(WEB_CONCURRENCY=PROCESSES, **NO_LIMITS)


def test_the_deadline_is_just(four: Server, db: None) -> None:
    closes, replies = all_hand_in(four, COUNT)
    assert unjust(closes, replies) == []
    outcomes = Counter(reply.outcome for reply in replies)
    assert set(outcomes) == {"on time", "late", "stage_closed"}
    before = sum(reply.answered < closes for reply in replies)
    after = sum(reply.sent >= closes for reply in replies)
    assert before
    assert after
    require_stored(replies)
    taken = sorted((r.answered - r.sent).total_seconds() for r in replies)
    counts = ", ".join(f"{n} {name}" for name, n in sorted(outcomes.items()))
    tables.append(
        f"deadline, {COUNT} in ±{AROUND:g} s over {PROCESSES} processes: {counts}; "
        f"{before} answered before it, {after} sent after it, "
        f"{COUNT - before - after} across, "
        f"{sum(r.busy for r in replies)} answers of 503; "
        f"p50 {taken[COUNT // 2]:.2f} "
        f"p99 {taken[COUNT * 99 // 100]:.2f} s; 0 unjust"
    )


@pytest.mark.parametrize("guard", ["deadline", "clock"])
def test_control_without_its_guard_it_is_not(
    start_server: StartServer, db: None, guard: str
) -> None:
    unguarded = "tests.races.unguarded:application"
    server = start_server(
        unguarded, REMOVED_GUARDS=guard, WEB_CONCURRENCY="1", **NO_LIMITS
    )
    closes, replies = all_hand_in(server, CONTROL)
    assert unjust(closes, replies)
