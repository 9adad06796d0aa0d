"""``tick``: everything that is due, once, whatever fails or runs beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.core.management import (
    CommandError,
    call_command,
    get_commands,
    load_command_class,
)

from accounts.models import Session, User
from competition_site.clock import iso, now
from competition_site.outbox import workflow as outbox
from competition_site.outbox.models import OutboxMessage
from competition_site.rules import RuleViolation
from competition_site.upkeep import heartbeat, tasks
from competition_site.upkeep.models import Heartbeat
from competition_site.upkeep.tasks import Due, Phase, scheduled
from competition_site.watching import Watch
from tests.racing import race
from tests.servers import running_command, wait_for
from tests.upkeep.commands import outcome, report, run

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
SOON = now() + HOUR


@pytest.fixture
def add_task(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``add_task(name, phase, dues)``: a task beside those of the apps."""
    monkeypatch.setattr(tasks, "_tasks", dict(tasks._tasks))

    def add(name: str, phase: Phase, *dues: Due) -> None:
        scheduled(name, phase)(lambda at: dues)

    return add


def refuse(code: str) -> int:
    raise RuleViolation(code)


def stumble() -> int:
    raise ZeroDivisionError


def enqueue() -> OutboxMessage:
    return outbox.enqueue(
        "verify_email", to="sari@mail.example", name="Sari", token="t0k3n"
    )


def ran_out(user: User, **ago: int) -> Session:
    return Session.objects.create(
        user=user, refresh_jti="x", expires_at=now() - timedelta(**ago)
    )


# --- what runs, and in which order --------------------------------------------------
def test_tasks_run_in_the_order_of_their_phases() -> None:
    phases = [task.phase for task in tasks.tasks()]
    assert phases == sorted(phases)
    names = [task.name for task in tasks.tasks()]
    assert names[-1] == "send_mail"
    assert names == [
        "expire_drafts",
        "expire_offers",
        "expire_unpaid",
        "promote_waitlist",
        "lock_rosters",
        "remind",
        "prune_outbox",
        "prune_sessions",
        "purge_documents",
        "send_mail",
    ]


def test_apps_share_a_task_but_not_two_phases(add_task: Callable[..., None]) -> None:
    add_task("odd", Phase.LOCK, Due("a", lambda: 1))
    add_task("odd", Phase.LOCK, Due("b", lambda: 1))
    assert [i["subject"] for i in report("tick")["odd"]["items"]] == ["a", "b"]
    with pytest.raises(ValueError, match="phase LOCK"):
        add_task("odd", Phase.SEND)


def test_what_need_not_run_each_time_waits(student: User) -> None:
    """Each tick runs what frees places; deleting can wait for an hour."""
    assert "prune_sessions" in report("tick")
    ran_out(student, days=8)
    again = report("tick")
    assert "prune_sessions" not in again
    assert "send_mail" in again
    assert report("tick", "--dry-run")["prune_sessions"]["done"] == 1
    beat = Heartbeat.objects.filter(pk="prune_sessions")
    beat.update(finished_at=now() - HOUR)
    assert report("tick")["prune_sessions"]["done"] == 1
    assert "prune_sessions" not in report("tick")
    beat.update(failed=1)
    assert "prune_sessions" in report("tick")


def test_mail_that_was_missed_leaves(student: User) -> None:
    for _ in range(60):  # more than the outbox takes at once
        enqueue()
    assert report("tick", "--dry-run")["send_mail"]["done"] == 60
    assert mail.outbox == []
    assert report("tick")["send_mail"]["done"] == 60
    assert len(mail.outbox) == 60
    assert report("tick")["send_mail"]["done"] == 0


def test_what_ended_long_ago_is_deleted(student: User) -> None:
    old, young = ran_out(student, days=8), ran_out(student, days=6)
    for status, days in (("sent", 31), ("sent", 29), ("pending", 31), ("failed", 31)):
        due_at = now() - timedelta(days=days)
        OutboxMessage.objects.filter(pk=enqueue().pk).update(
            status=status, due_at=due_at, kind=f"{status} {days}"
        )
    rehearsed = report("tick", "--dry-run")
    assert rehearsed["prune_sessions"]["items"] == [{"subject": "sessions", "count": 1}]
    assert rehearsed["prune_outbox"]["done"] == 2
    assert (Session.objects.count(), OutboxMessage.objects.count()) == (2, 4)
    done = report("tick")
    assert (done["prune_sessions"]["done"], done["prune_outbox"]["done"]) == (1, 2)
    assert list(Session.objects.all()) == [young] != [old]
    kept = set(OutboxMessage.objects.values_list("kind", flat=True))
    assert kept == {"sent 29", "pending 31"}


@pytest.mark.parametrize("name", [task.name for task in tasks.tasks()])
def test_each_task_can_be_run_alone_and_its_help_has_an_example(name: str) -> None:
    app = get_commands().get(name)
    if app is None:
        assert name in {"prune_outbox", "send_mail"}  # run_outbox, and tick itself
        return
    assert f"Example: manage.py {name} " in load_command_class(app, name).help
    if name != "prune_sessions":  # which has its own --before
        assert [name] == list(report(name, "--dry-run"))


# --- failures -----------------------------------------------------------------------
def test_a_failure_stops_neither_its_task_nor_the_others(
    add_task: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    def breaks_off(at: datetime) -> Iterator[Due]:
        yield Due("first", lambda: 1)
        raise ConnectionError

    add_task("odd", Phase.EXPIRE, Due("bad", stumble), Due("good", lambda: 2))
    scheduled("broken", Phase.EXPIRE)(breaks_off)
    enqueue()
    status, said = outcome("tick", "--json")
    told = {task["name"]: task for task in json.loads(said)["tasks"]}
    assert status == 1
    assert (told["odd"]["done"], told["odd"]["failed"]) == (2, 1)
    assert told["odd"]["items"] == [
        {"subject": "bad", "error": "ZeroDivisionError: "},
        {"subject": "good", "count": 2},
    ]
    assert (told["broken"]["done"], told["broken"]["failed"]) == (1, 1)
    assert told["send_mail"]["done"] == 1
    logged = [r.fields for r in caplog.records if "failed" in r.message]
    assert {"task": "odd", "subject": "bad"} in logged
    assert Heartbeat.objects.get(pk="tick").failed == 2


def test_who_comes_too_late_has_not_failed(add_task: Callable[..., None]) -> None:
    add_task(
        "odd",
        Phase.EXPIRE,
        Due("moved on", partial(refuse, "invalid_transition")),
        Due("nothing left", lambda: 0),
    )
    assert report("tick")["odd"]["items"] == []
    add_task("odd", Phase.EXPIRE, Due("full", partial(refuse, "competition_full")))
    assert report("tick")["odd"]["failed"] == 1


# --- rehearsals ---------------------------------------------------------------------
def test_a_dry_run_writes_nothing(student: User, add_task: Callable[..., None]) -> None:
    add_task("odd", Phase.EXPIRE, Due(student, stumble, 3))
    message = enqueue()
    ran_out(student, days=8)
    assert report("tick", "--dry-run")["odd"] == {
        "name": "odd",
        "done": 3,
        "failed": 0,
        "items": [{"subject": f"user {student.pk}", "count": 3}],
        "seconds": 0.0,
    }
    assert not Heartbeat.objects.exists()
    assert Session.objects.exists()
    assert OutboxMessage.objects.filter(pk=message.pk, status="pending").exists()


def test_the_report_says_when_and_how() -> None:
    said = json.loads(run("tick", "--json", "--dry-run", "--at", iso(SOON)))
    assert (said["at"], said["dry_run"]) == (iso(SOON), True)
    later = run("tick", "--json", "--at", "2026-11-23T15:00+07:00", "--dry-run")
    assert json.loads(later)["at"] == "2026-11-23T08:00:00.000Z"


def test_at_another_moment_other_things_are_due(student: User) -> None:
    ran_out(student, days=5)
    assert report("tick", "--dry-run")["prune_sessions"]["done"] == 0
    then = iso(now() + timedelta(days=3))
    assert report("tick", "--dry-run", "--at", then)["prune_sessions"]["done"] == 1
    assert report("tick", "--at", then)["prune_sessions"]["done"] == 1


def test_in_production_another_moment_is_a_rehearsal_only(
    student: User, settings: Any
) -> None:
    settings.PRODUCTION = True
    ran_out(student, days=5)
    then = iso(now() + timedelta(days=3))
    with pytest.raises(CommandError, match="--dry-run"):
        call_command("tick", "--at", then)
    assert Session.objects.exists()
    assert report("tick", "--dry-run", "--at", then)["prune_sessions"]["done"] == 1


@pytest.mark.parametrize("moment", ["tomorrow", "2026-11-23T08:00", "2026-11-23", ""])
def test_a_moment_has_a_zone(moment: str) -> None:
    with pytest.raises(CommandError, match="zone"):
        call_command("tick", "--at", moment)


def test_the_text_shows_nothing_that_moves_the_cursor(
    add_task: Callable[..., None],
) -> None:
    add_task("odd", Phase.EXPIRE, Due("Team \x1b[2J", lambda: 1), Due("x", stumble))
    said = run("tick")
    lines = said[said.index("odd: ") :].splitlines()
    assert lines[0].startswith("odd: 1 done, 1 failed (0.")
    assert lines[1:3] == ["  Team \\x1b[2J: 1 done", "  x: ZeroDivisionError: "]
    assert "odd: 2 due, 0 failed" in run("tick", "--dry-run")


# --- two at once --------------------------------------------------------------------
def test_two_at_once_send_and_delete_everything_once(student: User) -> None:
    for _ in range(5):
        enqueue()
        ran_out(student, days=8)
    reports = race(*[partial(report, "tick")] * 4)
    assert sum(told["send_mail"]["done"] for told in reports) == 5
    assert len({m.extra_headers["Message-ID"] for m in mail.outbox}) == 5
    assert len(mail.outbox) == 5
    assert not Session.objects.exists()
    assert {told["send_mail"]["failed"] for told in reports} == {0}
    assert Heartbeat.objects.filter(pk="tick", finished_at__isnull=False).count() == 1


# --- without cron -------------------------------------------------------------------
def test_watching_ticks_until_it_is_stopped() -> None:
    enqueue()
    beat = Heartbeat.objects.filter(pk="tick")
    with running_command("tick", "--watch", "--interval=0.05"):
        wait_for(lambda: beat.filter(done=1).exists(), "a tick has sent the mail", 30)
        later = beat.filter(finished_at__gt=beat.get().finished_at)
        wait_for(later.exists, "another one came to its end", 30)


def test_a_watch_outlives_what_a_call_raises(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    watch, calls = Watch(), []

    def call() -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            raise ConnectionError
        watch.stop_wanted = True

    watch.call(call, every=0)
    assert calls == [0, 1]
    assert "a call failed" in caplog.text


def test_watching_is_no_rehearsal() -> None:
    for option in ("--dry-run", "--json", "--at=2026-11-23T08:00Z"):
        with pytest.raises(CommandError, match="--watch"):
            call_command("tick", "--watch", option)


# --- the heartbeat ------------------------------------------------------------------
def tick_of(client: Any) -> tuple[int, Any]:
    answer = client.get("/health/ready")
    return answer.status_code, answer.json()["data"]


def test_health_shows_the_last_tick(client: Any) -> None:
    status, state = tick_of(client)
    assert (status, state["status"]) == (200, "ready")
    assert state["tick"] == {"last_finished_at": None, "late": False}
    before = now()
    run("tick")
    _status, state = tick_of(client)
    assert iso(before) <= state["tick"]["last_finished_at"] <= iso(now())
    names = set(Heartbeat.objects.values_list("name", flat=True))
    assert names == {"tick", *(task.name for task in tasks.tasks())}


def test_a_late_tick_is_degraded_and_serves_on(client: Any, settings: Any) -> None:
    settings.TICK_LATE_AFTER = timedelta(minutes=10)
    status, state = tick_of(client)
    assert (status, state["status"], state["down"]) == (200, "degraded", ["tick"])
    assert state["tick"] == {"last_finished_at": None, "late": True}
    run("tick")
    assert tick_of(client)[1]["status"] == "ready"
    heartbeats = Heartbeat.objects.filter(pk="tick")
    heartbeats.update(finished_at=now() - timedelta(minutes=9))
    assert tick_of(client)[1]["tick"]["late"] is False
    heartbeats.update(finished_at=now() - timedelta(minutes=11))
    assert tick_of(client)[1]["tick"]["late"] is True


def test_a_first_beat_of_two_is_no_error() -> None:
    race(*[partial(heartbeat.start, "odd")] * 8)
    assert Heartbeat.objects.count() == 1
