"""What ends by itself: drafts, offers, unpaid teams; and who gets the places."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from competition_site.clock import iso, now
from competition_site.outbox.models import OutboxMessage
from registrations import workflow
from registrations.models import Competition, Registration
from tests.factories import make_competition, make_registration, make_staff
from tests.races.guards import UPDATES
from tests.racing import race
from tests.upkeep.commands import outcome, report

pytestmark = pytest.mark.django_db

ROUNDS = int(os.environ.get("RACE_ROUNDS", "2"))
HOUR = timedelta(hours=1)


def at(hours: float) -> list[str]:
    return ["--at", iso(now() + hours * HOUR)]


def done(name: str, *arguments: str) -> list[str]:
    told = report(name, *arguments)[name]
    assert told["failed"] == 0
    return sorted(item["subject"] for item in told["items"])


def named(*rows: Registration) -> list[str]:
    return sorted(f"registration {row.pk}" for row in rows)


def competition(**fields: Any) -> Competition:
    """Places for one team; the others wait."""
    places = {"capacity": 1, "waitlist_open": True, "offer_hours": 24}
    return make_competition(**places | fields)


def submitted(competition: Competition) -> Registration:
    """A team that was submitted, or waits where there is no place."""
    team = make_registration(competition)
    workflow.submit(team, by=team.leader, at=now())
    return team


def status(team: Registration) -> str:
    team.refresh_from_db()
    return str(team.status)


def sound() -> bool:
    return outcome("check_consistency")[0] == 0


def offered() -> tuple[Registration, Registration]:
    """A team with an open offer, and the next one in the line."""
    places = competition()
    first, second, third = (submitted(places) for _ in range(3))
    workflow.withdraw(first, by=first.leader, at=now())
    assert [status(team) for team in (second, third)] == ["offered", "waitlisted"]
    return second, third


def test_a_draft_ends_with_registration() -> None:
    soon = make_competition(registration_closes_at=now() + 2 * HOUR)
    draft, handed_in = make_registration(soon), submitted(soon)
    later = make_registration()
    assert done("expire_drafts", *at(1)) == []
    assert done("expire_drafts", "--dry-run", *at(3)) == named(draft)
    assert status(draft) == "draft"
    assert done("expire_drafts", *at(3)) == named(draft)
    assert done("expire_drafts", *at(3)) == []
    found = [status(team) for team in (draft, handed_in, later)]
    assert found == ["expired", "submitted", "draft"]
    assert sound()


def test_an_offer_without_answer_goes_to_the_next_team() -> None:
    second, third = offered()
    assert done("expire_offers", *at(23)) == []
    assert done("expire_offers", "--dry-run", *at(25)) == named(second)
    assert status(second) == "offered"
    assert done("expire_offers", *at(25)) == named(second)
    assert [status(team) for team in (second, third)] == ["expired", "offered"]
    assert done("expire_offers", *at(25)) == []
    assert sound()


def test_who_does_not_pay_loses_the_place() -> None:
    paid = competition(fee=75_000, payment_due_hours=24)
    first, second = submitted(paid), submitted(paid)
    assert done("expire_unpaid", *at(23)) == []
    assert done("expire_unpaid", *at(25)) == named(first)
    assert [status(team) for team in (first, second)] == ["expired", "offered"]
    assert done("expire_unpaid", *at(25)) == []
    assert sound()


def test_more_places_are_offered_in_turn() -> None:
    places = competition()
    teams = [submitted(places) for _ in range(14)]
    assert done("promote_waitlist") == []
    workflow.change_competition(places, by=make_staff(), capacity=13)
    told = report("promote_waitlist", "--dry-run")["promote_waitlist"]
    assert told["items"] == [{"subject": f"competition {places.pk}", "count": 12}]
    assert report("promote_waitlist")["promote_waitlist"]["done"] == 12
    assert [status(team) for team in teams[1:13]] == ["offered"] * 12
    assert status(teams[13]) == "waitlisted"
    assert done("promote_waitlist") == []
    assert sound()


def test_one_tick_does_it_all_in_order() -> None:
    second, third = offered()
    moment = at(25)
    told = report("tick", *moment)
    assert told["expire_offers"]["done"] == 1
    assert status(third) == "offered"
    mails = OutboxMessage.objects.filter(kind__in=["offer_expired", "place_offered"])
    recipients = set(mails.values_list("kind", "recipient"))
    assert recipients == {
        ("place_offered", second.leader.email),
        ("offer_expired", second.leader.email),
        ("place_offered", third.leader.email),
    }
    assert {task["done"] for task in report("tick", *moment).values()} == {0}


def test_a_team_that_is_gone_has_not_failed() -> None:
    from competition_site.upkeep.running import Report, _do
    from competition_site.upkeep.tasks import Due

    draft = make_registration(make_competition())
    Registration.objects.filter(pk=draft.pk).delete()
    told = Report("expire_drafts")
    _do(Due(draft, partial(workflow.expire_draft, draft, at=now())), told)
    assert (told.done, told.failed) == (0, 0)


# --- two at once --------------------------------------------------------------------
def tick_at_once(guards: AbstractContextManager[Any] | None = None) -> list[str]:
    """What is wrong after three ticks at one moment, with everything due at once."""
    OutboxMessage.objects.all().delete()
    paid = competition(fee=75_000, payment_due_hours=24, capacity=3)
    teams = [submitted(paid) for _ in range(7)]
    closing = make_competition(registration_closes_at=now() + HOUR)
    drafts = [make_registration(closing) for _ in range(3)]
    with guards or nullcontext():
        runs = race(*[partial(report, "tick", *at(25))] * 3)
    states = [status(team) for team in teams]
    mails = OutboxMessage.objects.filter(recipient__in=[t.leader.email for t in teams])
    wanted = {
        "states": ["expired"] * 3 + ["offered"] * 3 + ["waitlisted"],
        "expired": 3,
        "offered": 3,
        "drafts": ["expired"] * 3,
        "draft_mails": 3,
        "counted": [3, 3],
        "failed": 0,
        "sound": True,
    }
    expired_drafts = OutboxMessage.objects.filter(kind="draft_expired")
    paid.refresh_from_db()
    found = {
        "states": states,
        "expired": mails.filter(kind="payment_expired").count(),
        "offered": mails.filter(kind="place_offered").count(),
        "drafts": [status(draft) for draft in drafts],
        "draft_mails": expired_drafts.count(),
        "counted": [
            sum(run[name]["done"] for run in runs)
            for name in ("expire_unpaid", "expire_drafts")
        ],
        "failed": sum(task["failed"] for run in runs for task in run.values()),
        "sound": sound(),
    }
    return [f"{name}: {found[name]}" for name in wanted if found[name] != wanted[name]]


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_three_ticks_at_once_do_no_harm(_round: int) -> None:
    assert tick_at_once() == []


@contextmanager
def check_then_act(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        for owner, name, unguarded in UPDATES:
            patched.setattr(owner, name, unguarded)
        yield


def test_the_control_check_then_act_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert any(tick_at_once(check_then_act(monkeypatch)) for _ in range(3))
