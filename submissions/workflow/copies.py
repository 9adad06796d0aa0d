"""What submissions carry of people and teams: names follow, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.models import Institution, User
from registrations.models import Registration
from submissions.models import (
    Assignment,
    Extension,
    JudgeAppointment,
    JudgeConflict,
    Submission,
)

_SHOWN: tuple[tuple[Any, str, str], ...] = (
    (JudgeAppointment, "user_id", "full_name"),
    (Assignment, "judge_id", "judge_name"),
)


def follow_judges(users: Sequence[User], _at: datetime) -> None:
    """Write the names of judges where they are shown, in the change's transaction."""
    names = {user.pk: user.full_name for user in users}
    for model, key, column in _SHOWN:
        rows = model._default_manager
        shown = set(rows.filter(**{f"{key}__in": names}).values_list(key, column))
        for judge, name in shown:
            if name != names[judge]:
                rows.filter(**{key: judge}).update(**{column: names[judge]})


def follow_merging(source: Institution, target: Institution) -> None:
    """Conflicts that judges declared with ``source`` are with ``target``."""
    JudgeConflict.objects.filter(institution=source).update(institution=target)


def follow_team(registration: Registration) -> None:
    """Write a team's name where it is shown, in the transaction that changed it."""
    for model in (Submission, Extension):
        rows = model._default_manager.filter(registration=registration)
        rows.update(team_name=registration.team_name)
