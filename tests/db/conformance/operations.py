"""The register of operations, and what comes of each one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import DataError, NotSupportedError, connection
from django.db.transaction import TransactionManagementError

from competition_site.db.mongodb.errors import BlockWasBroken

OK, DIFFERENT, REFUSED, ERROR = "ok", "different", "refused", "error"
OUTCOMES = (OK, DIFFERENT, REFUSED, ERROR)
LONGEST_REFUSAL = 250
_REFUSALS = (
    NotSupportedError,
    TransactionManagementError,
    BlockWasBroken,
    DataError,
)

Call = Callable[[], None]


@dataclass(frozen=True)
class Operation:
    """One promise of Django's. ``call`` asserts what the documentation says."""

    name: str
    call: Call
    only: str | None = None
    """The vendor that alone can be asked."""

    @property
    def applies(self) -> bool:
        return self.only in {None, connection.vendor}


OPERATIONS: dict[str, Operation] = {}


def operation(call: Call) -> Call:
    """Register a function under its own name: its words say the promise."""
    return _register(call, None)


def on_mongodb_only(call: Call) -> Call:
    """Register what has no meaning elsewhere."""
    return _register(call, "mongodb")


def _register(call: Call, only: str | None) -> Call:
    name = call.__name__.strip("_").replace("_", " ")
    assert name not in OPERATIONS, name
    OPERATIONS[name] = Operation(name, call, only)
    return call


def outcome_of(operation: Operation) -> tuple[str, str]:
    """Run it; return the outcome and, unless it is ok, in whose words.

    Refused is an exception made to refuse, with one sentence for the programmer. An
    answer other than the promised one is different, the worst of the four: nobody
    notices.
    """
    try:
        operation.call()
    except AssertionError as difference:
        return DIFFERENT, str(difference).partition("\n")[0]
    except _REFUSALS as refusal:
        words = str(refusal).strip()
        told = f"{type(refusal).__name__}: {words}"
        return (REFUSED if 0 < len(words) <= LONGEST_REFUSAL else ERROR), told
    except Exception as error:
        words = str(error or error.__cause__).partition("\n")[0]
        return ERROR, f"{type(error).__name__}: {words}"[:LONGEST_REFUSAL]
    return OK, ""
