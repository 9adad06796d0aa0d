"""Runs a block again where the database, or the block itself, lost a race."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connections
from pymongo.errors import ConnectionFailure, PyMongoError, WaitQueueTimeoutError

from competition_site.db.lines import Turn

ATTEMPTS = 200
FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.05
"""Seconds. Who pauses is the first of a line: only other machines race with them."""
LONGEST_RUN = 5.0
"""Seconds after which no further attempt begins: SQLite waits as long in one."""

_CONFLICT_CODES = frozenset({112, 251})  # WriteConflict, NoSuchTransaction
_UNREACHABLE_CODES = frozenset(
    {
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        189,  # PrimarySteppedDown
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11602,  # InterruptedDueToReplStateChange
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
    }
)
_SQLITE_CONFLICT = "database is locked"
_SQLITE_UNREACHABLE = (
    "unable to open database file",
    "disk i/o error",
    _SQLITE_CONFLICT,
)

P = ParamSpec("P")
R = TypeVar("R")


class Conflict(Exception):  # noqa: N818 - the word for a race that was lost
    """Raised by a block whose compare-and-set lost: run the whole block again."""


class TooManyConflicts(OperationalError):  # noqa: N818 - as Conflict
    """Every attempt lost its race; try again in ``retry_after`` seconds."""

    retry_after = 1


def retry_on_conflict(function: Callable[P, R]) -> Callable[P, R]:
    """Run the function again, whole, while it ends in a conflict.

    It stands outside of ``atomic``, so that each attempt is its own transaction::

        @retry_on_conflict
        @transaction.atomic
        def submit(registration): ...

    Inside of a block that is already open it only calls the function: a conflict
    spoils the open transaction, so it travels to the outermost block and its retry.
    Between attempts it waits up to 5 ms, 10 ms, … 50 ms (full jitter), and for its
    turn among the machine's other losers (:mod:`competition_site.db.lines`). Whatever
    a commit's hooks raise is never retried, since by then the block has happened.

    Raises TooManyConflicts after ``ATTEMPTS`` attempts or ``LONGEST_RUN`` seconds.
    """

    @wraps(function)
    def retrying(*args: P.args, **kwargs: P.kwargs) -> R:
        return retried(lambda: function(*args, **kwargs), name=function.__qualname__)

    return retrying


def retried(block: Callable[[], R], *, name: str) -> R:
    """Run a block as :func:`retry_on_conflict` does; blocks of one name share a line.

    ``name`` stands for what the block does, without whom it does it for: those who
    want the same rows should stand in the same line.
    """
    if connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return block()
    with Turn(name, until=time.monotonic() + LONGEST_RUN) as turn:
        return _retry(block, name, turn)


def _retry(block: Callable[[], R], name: str, turn: Turn) -> R:
    if turn.line.is_busy and not turn.take():
        msg = f"{name} waited in vain for its turn."
        raise TooManyConflicts(msg)
    attempt = 1
    while True:
        try:
            return block()
        except Exception as error:
            if not is_conflict(error) or _committed(error):
                raise
            if attempt == ATTEMPTS or not turn.take() or time.monotonic() >= turn.until:
                msg = f"{name} lost {attempt} races."
                raise TooManyConflicts(msg) from error
        time.sleep(_pause_after(attempt))
        attempt += 1


def _pause_after(attempt: int) -> float:
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
    return random.uniform(0, longest)  # noqa: S311 - jitter, no secret


def is_conflict(error: BaseException) -> bool:
    """Tell whether running the block again may succeed.

    That is a Conflict, MongoDB's transient transaction errors, or a locked SQLite file.
    Final are a commit with an unknown result, which may have happened, an inner retry
    that gave up, and a refusal that somebody raised on purpose while handling one.
    """
    if isinstance(error, TooManyConflicts):
        return False
    if not isinstance(error, (Conflict, DatabaseError, PyMongoError)):
        return False
    chain = list(_chain(error))
    return any(map(_is_conflict, chain)) and not any(map(_is_unknown_commit, chain))


def is_unreachable(error: BaseException) -> bool:
    """Tell whether the database was out of reach, at any depth of the causes."""
    return any(map(_is_unreachable, _chain(error)))


def may_be_committed(error: BaseException) -> bool:
    """Tell whether the block that raised this may have been committed all the same.

    So it is where a hook raised after the commit, where MongoDB never told a commit's
    result, and where SQLite's disk failed in the middle of one.
    """
    return _committed(error) or any(map(_is_unknown_commit, _chain(error)))


def _is_conflict(error: BaseException) -> bool:
    if isinstance(error, Conflict):
        return True
    if isinstance(error, PyMongoError):
        return (
            error.has_error_label("TransientTransactionError")
            or getattr(error, "code", None) in _CONFLICT_CODES
        )
    return isinstance(error, OperationalError) and _SQLITE_CONFLICT in str(error)


def _is_unknown_commit(error: BaseException) -> bool:
    if isinstance(error, PyMongoError):
        return error.has_error_label("UnknownTransactionCommitResult")
    return isinstance(error, OperationalError) and "disk i/o" in str(error).lower()


def _is_unreachable(error: BaseException) -> bool:
    if isinstance(error, (ConnectionFailure, WaitQueueTimeoutError)):
        return True
    if isinstance(error, PyMongoError):
        return getattr(error, "code", None) in _UNREACHABLE_CODES
    if isinstance(error, OperationalError):
        words = str(error).lower()
        return any(sign in words for sign in _SQLITE_UNREACHABLE)
    return False


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error, its cause, its cause's cause, ….

    An exception raised while handling another carries it as context; an explicit
    ``from None`` cuts it off.
    """
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        hidden = None if link.__suppress_context__ else link.__context__
        link = link.__cause__ or hidden


def _committed(error: BaseException) -> bool:
    """Tell whether the error comes out of an ``on_commit`` hook."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "run_and_clear_commit_hooks":
            return True
        trace = trace.tb_next
    return False
