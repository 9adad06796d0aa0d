"""Checks of consistency: whether what is stored twice still says the same.

An app's module ``consistency`` declares its checks: functions that yield findings. Most
compare columns with what they should be by other rows::

    @check("seats")
    def places() -> Iterator[Finding]:
        return drifts(Competition.objects.all(), seats_by_registrations)

where ``seats_by_registrations`` takes some hundred rows and yields each with the values
that its columns should have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Field, JSONField, Model, QuerySet

from competition_site.clock import now
from competition_site.db.batches import in_batches
from competition_site.db.transactions import retry_on_conflict

M = TypeVar("M", bound=Model)
Values = dict[str, Any]
Expected = Callable[[Sequence[M]], Iterable[tuple[M, Values]]]


@dataclass(frozen=True)
class Finding:
    """What an object says, what it should say, and the call that mends it.

    ``mend`` changes it only where it still is as it was found, and tells whether it
    did; None where a person has to decide.
    """

    subject: str
    says: Any
    should: Any
    mend: Callable[[], bool] | None = None


Check = Callable[[], Iterable[Finding]]
_checks: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    """Make a function the check ``name``; its docstring is its description."""

    def register(function: Check) -> Check:
        _checks[name] = function
        return function

    return register


def checks() -> dict[str, Check]:
    """Every check by its name."""
    return dict(sorted(_checks.items()))


def name_of(row: Model) -> str:
    return f"{row._meta.model_name} {row.pk}"


def drifts(rows: QuerySet[M], expected: Expected[M]) -> Iterator[Finding]:
    """A finding for each column of each row that isn't what it should be.

    The rows are read first and what they are compared with afterwards, some hundred at
    a time, so a change in between shows as a finding at worst; and before one is
    mended, both are read again in one transaction.
    """
    for batch in in_batches(rows):
        for row, values in expected(batch):
            for column, should in values.items():
                says = getattr(row, column)
                if says != should:
                    drift = _Drift(type(row), row.pk, column, says, should, expected)
                    subject = f"{name_of(row)} {column}"
                    yield Finding(subject, says, should, partial(_mend, drift))


@dataclass(frozen=True)
class _Drift:
    """One column that was found to say something else than it should."""

    model: type[Model]
    key: Any
    column: str
    says: Any
    should: Any
    expected: Expected[Any]

    def holds_for(self, row: Model) -> bool:
        """Whether a row, read again, and what it is compared with are as they were."""
        values: Values = next((v for _row, v in self.expected([row])), {})
        return bool(
            getattr(row, self.column) == self.says
            and values.get(self.column, self.says) == self.should
        )


@retry_on_conflict
@transaction.atomic
def _mend(drift: _Drift) -> bool:
    """Write one column where it, and what it should be, are still as they were found.

    Whoever changes what the column is copied from writes the column in the same
    transaction: that write and this one meet.
    """
    rows = drift.model._base_manager.filter(pk=drift.key)
    row = rows.first()
    if row is None or not drift.holds_for(row):
        return False
    changes, conditions = _versioned(row)
    if not isinstance(_column(row, drift.column), JSONField):
        conditions[drift.column] = drift.says
    return bool(
        rows.filter(**conditions).update(**{drift.column: drift.should}, **changes)
    )


def _versioned(row: Model) -> tuple[Values, Values]:
    """What else is written, and on which condition: a version counts every change."""
    names = {field.name for field in row._meta.concrete_fields}
    changes: Values = {"updated_at": now()} if "updated_at" in names else {}
    if "version" not in names:
        return changes, {}
    version = row.version  # type: ignore[attr-defined]
    return {**changes, "version": version + 1}, {"version": version}


def _column(row: Model, attname: str) -> Field[Any, Any]:
    return next(f for f in row._meta.concrete_fields if f.attname == attname)
