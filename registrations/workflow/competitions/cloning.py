"""Next year's competition: a copy of a competition with every date shifted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import User
from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import retry_on_conflict
from competition_site.rules import RuleViolation
from registrations.models import Competition
from registrations.workflow import eligibility
from registrations.workflow.competitions.changes import slug_taken
from registrations.workflow.competitions.soundness import require_sound

Cloner = Callable[[Competition, Competition, timedelta], None]
_cloners: dict[Cloner, None] = {}  # an ordered set

LONGEST_SHIFT = 3660
"""Days: ten years, there or back."""
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


def clone_with(cloner: Cloner) -> None:
    """Name a function that clones what another app hangs on a competition.

    It is called with the original, the clone and the shift, in the transaction that
    makes the clone.
    """
    _cloners[cloner] = None


@duplicates_refused({("slug",): slug_taken})
@retry_on_conflict
@transaction.atomic
def clone_competition(
    competition: Competition, *, slug: str, shift_days: int, by: User
) -> Competition:
    """Make a draft like a competition, its stages included, all dates shifted.

    A day is 24 hours of UTC. Teams, judges and results stay with the original.
    Raises RuleViolation: validation_error, already_exists, not_found.
    """
    shift = _shift(shift_days)
    competition.read_again()
    clone = Competition(**written_columns(competition, shift) | {"slug": slug})
    require_sound(clone)
    eligibility.hold_institutions(clone.eligibility["institutions"])
    clone.save(force_insert=True)
    for cloner in _cloners:
        cloner(competition, clone, shift)
    record(
        by,
        "competition.cloned",
        clone,
        source=competition.slug,
        shift_days=shift_days,
    )
    return clone.read_again()


def written_columns(row: Model, shift: timedelta) -> dict[str, Any]:
    """The columns that organisers write, every moment among them shifted.

    What is not editable is computed: the clone starts with none of it.
    """
    return {
        field.attname: _shifted(getattr(row, field.attname), shift)
        for field in row._meta.concrete_fields
        if field.editable and not field.primary_key
    }


def _shifted(value: Any, shift: timedelta) -> Any:
    if not isinstance(value, datetime):
        return value
    try:
        moved = value + shift
    except OverflowError as error:
        raise _out_of_range() from error
    if not _FIRST_YEAR <= moved.year <= _LAST_YEAR:
        raise _out_of_range()
    return moved


def _shift(days: int) -> timedelta:
    if abs(days) > LONGEST_SHIFT:
        raise _out_of_range()
    return timedelta(days=days)


def _out_of_range() -> RuleViolation:
    text = _("This leads too far away: at most %(days)d days.") % {
        "days": LONGEST_SHIFT
    }
    return RuleViolation("validation_error", errors={"shift_days": [text]})
