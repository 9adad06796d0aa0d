"""One verb is one transaction, run again, whole, where it lost a race."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import transaction

from competition_site.db.constraints import duplicates_refused
from competition_site.db.transactions import Conflict, retry_on_conflict

P = ParamSpec("P")
R = TypeVar("R")

_lost_races = duplicates_refused(
    {
        ("competition_id", "institution_id"): Conflict,  # both made the first quota row
        ("amount_due",): Conflict,  # both drew the same code
    }
)


def transition(verb: Callable[P, R]) -> Callable[P, R]:
    """Make a function a verb that makes or moves a registration.

    It may take seats, open payments and promote others: where two of those meet in a
    unique index, the one that lost runs again and sees what the other one did.
    """
    return retry_on_conflict(_lost_races(transaction.atomic(verb)))
