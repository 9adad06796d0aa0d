"""Succession: a team goes on when its leader's account is closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accounts.audit import record
from accounts.models import User
from accounts.workflow import hold_open_account
from registrations.models import Competition, Membership, Registration
from registrations.workflow.leaving import withdraw_leaderless
from registrations.workflow.teams.members import pass_to


def pass_on_led(users: Sequence[User], at: datetime) -> None:
    """Give every team that these people lead to its longest-standing other member.

    A team without another member, or with closed accounts only, withdraws, unless its
    competition is over.
    """
    for user in users:
        _pass_on_led(user, at)


def _pass_on_led(user: User, at: datetime) -> None:
    led = Registration.objects.filter(
        leader=user, status__in=Registration.LED
    ).order_by("pk")
    for registration in led:
        successor = _successor(registration, user)
        if successor is not None:
            pass_to(registration, successor, at)
            record(None, "registration.passed_on", registration, leader=successor.pk)
        elif registration.status in Registration.ACTIVE:
            _end_without_leader(registration, at)


def _end_without_leader(registration: Registration, at: datetime) -> None:
    """What a team did stays once the competition is over; before, it withdraws."""
    competition = Competition.objects.get(pk=registration.competition_id)
    if at < competition.ends_at:
        withdraw_leaderless(registration, at=at)


def _successor(registration: Registration, leader: User) -> User | None:
    """The member who joined first and whose account is open, held open from now on."""
    others = Membership.objects.filter(registration=registration, left_at=None)
    others = others.exclude(user=leader).order_by("joined_at", "id")
    for member in others.select_related("user"):
        if hold_open_account(member.user):
            return member.user
    return None
