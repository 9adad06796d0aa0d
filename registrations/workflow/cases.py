"""What a rule looks at: a team, its competition, who asks, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.db.models import StatusRow
from competition_site.rules import RuleViolation, Text
from registrations.models import Competition, Document, Registration


@dataclass
class Case:
    """``by`` is None where the clock acts; ``documents`` are read when asked for."""

    registration: Registration
    competition: Competition
    by: User | None
    at: datetime

    @cached_property
    def documents(self) -> list[Document]:
        return list(self.registration.documents.order_by("id"))


def case_of(registration: Registration, *, by: User | None, at: datetime) -> Case:
    """The case as the database has it now.

    Raises RuleViolation: not_found (a draft that was deleted meanwhile).
    """
    registration.read_again()
    competition = Competition.objects.get(pk=registration.competition_id)
    return Case(registration, competition, by, at)


def require_leader(case: Case) -> None:
    """Raises RuleViolation: permission_denied."""
    if case.by is None or not case.registration.is_led_by(case.by):
        raise RuleViolation("permission_denied")


def require_member(case: Case) -> None:
    """Raises RuleViolation: permission_denied."""
    if case.by is None or not case.registration.has_member(case.by):
        raise RuleViolation("permission_denied")


def require_organiser(case: Case) -> None:
    """Raises RuleViolation: permission_denied."""
    if case.by is None or not case.by.is_organiser:
        raise RuleViolation("permission_denied")


def require_status(case: Case, *statuses: str) -> None:
    """Raises RuleViolation: invalid_transition, naming the status it is in."""
    if case.registration.status not in statuses:
        raise impossible(case.registration)


def impossible(row: StatusRow, text: Text | None = None) -> RuleViolation:
    """The refusal of a verb that the status doesn't lead to."""
    return RuleViolation(
        "invalid_transition",
        text
        or _("The current status is %(status)s.")
        % {"status": row.get_status_display()},
    )
