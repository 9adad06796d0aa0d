"""Names the columns of a violated unique constraint, alike on every database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import IntegrityError
from pymongo.errors import BulkWriteError, DuplicateKeyError

_SQLITE_MESSAGE = re.compile(r"UNIQUE constraint failed: (?P<columns>.+)")

P = ParamSpec("P")
R = TypeVar("R")

Refusals = Mapping[tuple[str, ...], Callable[[], Exception]]


def violated_columns(error: IntegrityError) -> frozenset[str]:
    """Return the columns whose values exist already; none if something else failed."""
    if match := _SQLITE_MESSAGE.search(str(error)):
        names = match["columns"].split(", ")
        return frozenset(name.partition(".")[2] for name in names) - {""}
    pattern = next(_key_patterns(error.__cause__), {})
    return frozenset(pattern)


def _key_patterns(cause: BaseException | None) -> Iterator[Mapping[str, Any]]:
    if isinstance(cause, DuplicateKeyError):
        yield (cause.details or {}).get("keyPattern", {})
    if isinstance(cause, BulkWriteError):
        for failure in (cause.details or {}).get("writeErrors", []):
            if "keyPattern" in failure:
                yield failure["keyPattern"]


def duplicates_refused(
    refusals: Refusals,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Turn the violation of a unique constraint into the refusal named for its columns.

    It stands outside of ``atomic`` and of the retry, so that nothing is caught inside a
    transaction::

        @duplicates_refused({("email",): lambda: RuleViolation("email_taken")})
        @retry_on_conflict
        @transaction.atomic
        def register(...): ...

    The names are those of database columns, in any order. Every other IntegrityError
    is raised as it came.
    """
    by_columns = {frozenset(columns): refusal for columns, refusal in refusals.items()}

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def refusing(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except IntegrityError as error:
                refusal = by_columns.get(violated_columns(error))
                if refusal is None:
                    raise
                raise refusal() from error

        return refusing

    return decorate
