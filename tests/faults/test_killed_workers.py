"""A worker is killed in the middle of a keyed POST; its repetition makes it good.

Whatever was written when the process ended, the change happens once: one row, one
version, one place, one mail.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from accounts.models import AuditEvent
from competition_site.api.models import IdempotencyKey
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations.models import Competition, Registration
from submissions import workflow
from submissions.models import Submission, SubmissionVersion
from tests.factories import (
    make_competition,
    make_registration,
    make_submission,
    stored_file,
)
from tests.faults.conftest import LEASE, LONGEST, DieAt
from tests.faults.patience import Patient
from tests.servers import Server, wait_for

KEYS = IdempotencyKey._meta.db_table
VERSIONS = SubmissionVersion._meta.db_table
COMPETITIONS = Competition._meta.db_table


def is_killed_with(client: Patient) -> None:
    """Send the request in whose middle its worker dies."""
    with pytest.raises(requests.ConnectionError):
        client.ask()


def is_repeated(client: Patient) -> requests.Response:
    """Refused while the lease runs, then run as if for the first time."""
    during = client.ask()
    assert client.outcomes == ["409 request_in_progress"]
    assert 1 <= int(during.headers["Retry-After"]) <= LEASE + 1
    answer = client.ask_until_answered(within=LONGEST)
    assert "Idempotency-Replayed" not in answer.headers
    assert client.seconds < LONGEST
    again = client.ask()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == answer.content
    return answer


def is_replayed(client: Patient) -> requests.Response:
    """The change had happened: its stored answer comes at once."""
    answer = client.ask()
    assert client.outcomes == ["200"]
    assert answer.headers["Idempotency-Replayed"] == "true"
    return answer


def _require_one_key() -> None:
    [key] = IdempotencyKey.objects.all()
    assert key.status_code == 200


def _require_submitted_once(team: Registration) -> None:
    team.refresh_from_db()
    assert (team.status, team.seat_taken) == ("submitted", True)
    mails = OutboxMessage.objects.filter(kind="registration_submitted")
    assert mails.filter(recipient=team.leader.email).count() == 1
    events = AuditEvent.objects.filter(action="registration.submitted")
    assert events.filter(object_id=str(team.pk)).count() == 1


def _require_handed_in_once(work: Submission, answer: requests.Response) -> None:
    work.refresh_from_db()
    [version] = SubmissionVersion.objects.filter(submission=work)
    assert (work.status, work.version_number, version.number) == ("submitted", 1, 1)
    assert answer.json()["data"]["receipt"]["code"] == version.code
    [mail] = OutboxMessage.objects.filter(kind="receipt")
    assert version.code in mail.body


def _begun() -> tuple[Submission, str]:
    work = make_submission()
    leader = work.registration.leader
    workflow.add_file(work, file=stored_file(), by=leader, at=now())
    return work, f"/submissions/{work.pk}/submit"


def test_a_team_killed_before_its_commit_takes_one_place(dying: DieAt) -> None:
    server = dying(f"update {COMPETITIONS}")
    competition = make_competition(capacity=2)
    team, other = make_registration(competition), make_registration(competition)
    path = f"/registrations/{team.pk}/submit"
    client = Patient(server.url, path, team.leader)
    is_killed_with(client)
    competition.refresh_from_db()
    assert competition.seats_taken == 0
    is_repeated(client)
    _require_one_key()
    # Whoever wants the same rows waits no longer than the dead transaction may.
    path = f"/registrations/{other.pk}/submit"
    Patient(server.url, path, other.leader).ask_until_answered(within=LONGEST)
    for submitted in (team, other):
        _require_submitted_once(submitted)
    competition.refresh_from_db()
    assert competition.seats_taken == 2


def test_a_team_killed_after_its_commit_takes_one_place(
    dying: DieAt,
) -> None:
    server = dying("answer")
    team = make_registration(make_competition(capacity=2))
    client = Patient(server.url, f"/registrations/{team.pk}/submit", team.leader)
    is_killed_with(client)
    is_replayed(client)
    _require_one_key()
    _require_submitted_once(team)
    assert Competition.objects.get(pk=team.competition_id).seats_taken == 1


@pytest.mark.parametrize("moment", [f"insert {VERSIONS}", f"update {KEYS}"])
def test_work_killed_before_its_commit_is_handed_in_once(
    dying: DieAt, moment: str
) -> None:
    server = dying(moment)
    work, path = _begun()
    client = Patient(server.url, path, work.registration.leader)
    is_killed_with(client)
    assert not SubmissionVersion.objects.exists()
    answer = is_repeated(client)
    _require_one_key()
    _require_handed_in_once(work, answer)


def test_work_killed_after_its_commit_is_handed_in_once(
    dying: DieAt,
) -> None:
    server = dying("answer")
    work, path = _begun()
    client = Patient(server.url, path, work.registration.leader)
    is_killed_with(client)
    answer = is_replayed(client)
    _require_one_key()
    _require_handed_in_once(work, answer)


def test_control_without_a_key_the_repetition_hands_in_again(
    dying: DieAt,
) -> None:
    server = dying("answer")
    work, path = _begun()
    client = Patient(server.url, path, work.registration.leader, key=None)
    is_killed_with(client)
    assert client.ask().status_code == 200
    assert SubmissionVersion.objects.filter(submission=work).count() == 2


def test_a_killed_idle_worker_is_replaced_and_nobody_notices(
    mortal: tuple[Server, Path], db: None
) -> None:
    server, _ = mortal
    wait_for(lambda: len(server.workers()) == 2, "two workers run")
    killed, kept = server.workers()
    server.kill_worker(killed)
    replies = [requests.get(f"{server.url}/health/ready", timeout=5) for _ in range(20)]
    assert {reply.status_code for reply in replies} == {200}
    wait_for(lambda: len(server.workers() - {killed, kept}) == 1, "a new worker runs")
