"""Payments as columns: opened with an amount that tells the team, renewed, closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from secrets import SystemRandom
from typing import Any

from competition_site.rules import RuleViolation
from registrations.models import Competition, Registration

Status = Registration.Status
Payment = Registration.PaymentStatus

LARGEST_CODE = 9999
_SAMPLES = (20, 200, LARGEST_CODE)
_READABLE = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_random = SystemRandom()

PAYABLE = (Status.SUBMITTED, Status.CHANGES_REQUESTED, Status.APPROVED)
"""The statuses in which a team proves its payment."""
TIMED = (Status.SUBMITTED, Status.APPROVED)
"""Those in which the time to pay runs; it stands still while changes are asked for."""


def opening(
    registration: Registration, competition: Competition, at: datetime
) -> dict[str, Any]:
    """The columns that open a payment; one that was opened before gets its time anew.

    Raises RuleViolation("service_unavailable") where every code of this fee is in use.
    """
    if registration.payment_status != Payment.NOT_REQUIRED:
        return renewal(registration, competition, at)
    if not competition.fee:
        return {}
    return {
        "payment_status": Payment.AWAITING,
        "amount_due": _free_amount(competition.fee),
        "payment_reference": _reference(),
        "payment_due_at": at + timedelta(hours=competition.payment_due_hours),
    }


def renewal(
    registration: Registration, competition: Competition, at: datetime
) -> dict[str, Any]:
    """The columns that give a team that has not paid yet all its time again."""
    if registration.payment_status != Payment.AWAITING:
        return {}
    return {"payment_due_at": due_again(registration, competition, at)}


def due_again(
    registration: Registration, competition: Competition, at: datetime
) -> datetime:
    """All the time to pay once more, and never less than there was before."""
    due = at + timedelta(hours=competition.payment_due_hours)
    before: datetime | None = registration.payment_due_at
    return max(due, before) if before else due


def closing(registration: Registration) -> dict[str, Any]:
    """The columns that end the payment of a team that ends."""
    if registration.payment_status != Payment.AWAITING:
        return {}
    return {"payment_status": Payment.EXPIRED}


def _free_amount(fee: int) -> int:
    """The fee plus a code that no open payment has; the unique index decides."""
    for count in _SAMPLES:
        codes = _random.sample(range(1, LARGEST_CODE + 1), count)
        amounts = [fee + code for code in codes]
        taken = set(_open_amounts(amounts))
        if free := next((a for a in amounts if a not in taken), None):
            return free
    raise RuleViolation("service_unavailable", retry_after=60)


def _open_amounts(amounts: list[int]) -> list[int]:
    rows = Registration.objects.filter(
        payment_status__in=Registration.OPEN_PAYMENTS, amount_due__in=amounts
    )
    return list(rows.values_list("amount_due", flat=True))


def _reference() -> str:
    """Eight characters that are read aloud without a mistake: ``K7M2-QX4T``."""
    code = "".join(_random.choices(_READABLE, k=8))
    return f"{code[:4]}-{code[4:]}"


def is_overdue(registration: Registration, at: datetime) -> bool:
    """Whether the time to pay is over, be it noted or not."""
    due: datetime | None = registration.payment_due_at
    return registration.status in TIMED and due is not None and at >= due
