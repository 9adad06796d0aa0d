"""Who judges a competition takes no part in it: one unique index holds both."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from accounts.roles import Role
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations.models import Competition, Membership
from registrations.workflow.competitions.removal import hold


def bar_judge(competition: Competition, user: User) -> None:
    """Take a person's one place in a competition for judging.

    Raises IntegrityError where they are in a team: a unique index decides. Raises
    RuleViolation: not_found (the competition was deleted).
    """
    hold(competition.pk)
    Membership.objects.create(
        competition=competition,
        user=user,
        role=Membership.Role.JUDGE,
        joined_at=now(),
    )


def free_judge(competition_id: Any, user_id: Any) -> None:
    """Give the place back."""
    Membership.objects.filter(
        competition=competition_id, user=user_id, role=Membership.Role.JUDGE
    ).delete()


def require_no_judge(competition_id: Any, user: User) -> None:
    """Raises RuleViolation: not_eligible, with the right word for a judge."""
    judging = Membership.objects.filter(
        competition=competition_id, user=user, role=Membership.Role.JUDGE
    )
    if user.role == Role.JUDGE and judging.exists():
        raise RuleViolation("not_eligible")
