"""The whole demo: who is there, what they have done, and how to log in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from django.db.models import QuerySet

from accounts.models import Institution, User
from registrations.models import Competition, Registration
from submissions.demo.competitions import SLUGS, Calendar, announce
from submissions.demo.mails import settle
from submissions.demo.people import DOMAIN, PASSWORD, invent_students, join, open_office
from submissions.demo.teams import Teams

BEFORE_ALL = timedelta(days=45)


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
    staff, _admin = open_office()
    students = [join(s, at=at - BEFORE_ALL) for s in invent_students(random)]
    calendar = Calendar.at(at)
    programme = announce(calendar, by=staff)
    Teams(staff, programme, calendar, at, random).form_all(students)
    settle(DOMAIN)


def log_ins() -> Iterator[str]:
    """Each log-in worth having on a line: role, e-mail, password, and what it shows."""
    teams = {
        team.leader_id: team
        for team in Registration.objects.filter(
            leader__in=[account.pk for account in demo_accounts()]
        )
    }
    for account in demo_accounts():
        team = teams.get(account.pk)
        if account.is_organiser or team:
            shown = f"{team}: {team.status}" if team else account.full_name
            yield f"{account.role:<12} {account.email:<36} {PASSWORD}  {shown}"


def demo_accounts() -> QuerySet[User]:
    """The demo's people: nobody else has an address of its domain."""
    return User.objects.filter(email__endswith=f"@{DOMAIN}").order_by("id")
