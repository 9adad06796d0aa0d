"""The whole demo: who is there, what they have done, and how to log in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from django.db.models import QuerySet

from accounts.models import Institution, User
from registrations.models import Competition, Registration
from submissions.demo import contests, people
from submissions.demo.calendar import Calendar
from submissions.demo.competitions import SLUGS, announce
from submissions.demo.mails import settle
from submissions.demo.stages import open_stages
from submissions.demo.teams import Pool, Teams
from submissions.models import Submission

BEFORE_ALL = timedelta(days=110)


def is_empty() -> bool:
    """Whether nobody has used this database yet."""
    return not any(m.objects.exists() for m in (User, Institution, Competition))


def is_loaded() -> bool:
    """Whether what the demo would create is there, be it in part."""
    return (
        demo_accounts().exists() or Competition.objects.filter(slug__in=SLUGS).exists()
    )


def load(seed: int, *, at: datetime) -> None:
    """Fill the database; a seed always gives the same names, states, texts, files."""
    random = Random(seed)  # noqa: S311 - chooses names, no secrets
    calendar, before = Calendar.at(at), at - BEFORE_ALL
    staff, admin = people.open_office()
    universities = people.found_universities()
    students = people.join_all(people.invent_students(random), universities, at=before)
    teams = Teams(staff, Pool(students), random)
    judges = people.join_judges(universities, at=before)
    programme = announce(calendar, by=staff)
    stages = open_stages(programme, calendar, by=staff)
    office = contests.Office(staff, admin, judges, calendar, random)
    contests.finished(office, teams, programme, stages)
    contests.in_judging(office, teams, programme, stages)
    contests.running(office, teams, programme, stages)
    contests.taking_registrations(office, teams, programme)
    people.hand_out_password()
    settle(people.DOMAIN)


def log_ins() -> Iterator[str]:
    """Each log-in worth having on a line: role, e-mail, password, and what it shows."""
    office = (people.STAFF_EMAIL, people.ADMIN_EMAIL, people.JUDGE_EMAIL)
    for account in User.objects.filter(email__in=office).order_by("id"):
        yield _line(account, account.full_name)
    shown = _teams_worth_a_look()
    leaders = User.objects.in_bulk([team.leader_id for team, _state in shown])
    for team, state in shown:
        yield _line(leaders[team.leader_id], f"{team}: {state}")


def _line(account: User, shown: str) -> str:
    return f"{account.role:<12} {account.email:<36} {people.PASSWORD}  {shown}"


def _teams_worth_a_look() -> list[tuple[Registration, str]]:
    """The newest team in each state, and the newest with a work in each state."""
    known = {team.pk: team for team in Registration.objects.order_by("-id")}
    found: dict[str, Registration] = {}
    for team in known.values():
        if team.competition_slug in SLUGS:
            found.setdefault("competing" if team.competing else team.status, team)
    for work in Submission.objects.order_by("-id"):
        team = known[work.registration_id]
        if team.competition_slug in SLUGS:
            found.setdefault(f"work {work.get_status_display()}", team)
    return [(team, state) for state, team in found.items()]


def demo_accounts() -> QuerySet[User]:
    """The demo's people: nobody else has an address of its domain."""
    return User.objects.filter(email__endswith=f"@{people.DOMAIN}").order_by("id")
