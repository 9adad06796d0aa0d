"""PyMongo's errors as Django's, also where upstream swallows their words."""

from contextlib import AbstractContextManager
from types import TracebackType

from bson.errors import InvalidDocument
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    NotSupportedError,
    OperationalError,
)
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    PyMongoError,
)

_DUPLICATE_KEY = 11000
_BY_CODE: dict[int, type[DatabaseError]] = {
    263: NotSupportedError,  # OperationNotSupportedInTransaction, such as $unionWith
    10334: DataError,  # BSONObjectTooLarge
    17419: DataError,  # the same, of an update
}


class BlockWasBroken(RuntimeError):  # noqa: N818 - what has happened to it
    """An atomic block that seemed to end well had lost everything before."""


class _DatabaseErrors:
    """Has no state, so that one serves all; a generator would cost five times more."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, PyMongoError):
            raise _django_error(error) from error
        if isinstance(error, (InvalidDocument, OverflowError)):
            raise DataError(str(error)) from error


_database_errors = _DatabaseErrors()


def database_errors() -> AbstractContextManager[None]:
    """Raise Django's exception, caused by PyMongo's, with PyMongo's words.

    Upstream raises ``DatabaseError`` without a word, and lets through what BSON cannot
    hold: a number of more than 64 bits, a key with a null byte.
    """
    return _database_errors


def _django_error(error: PyMongoError) -> DatabaseError:
    if isinstance(error, DuplicateKeyError) or _is_duplicate(error):
        return IntegrityError(str(error))
    if isinstance(error, ConnectionFailure):
        return OperationalError(str(error))
    kind = _BY_CODE.get(getattr(error, "code", None) or 0, DatabaseError)
    return kind(_first_sentence(error))


def _first_sentence(error: PyMongoError) -> str:
    """PyMongo's words without the server's whole answer behind them."""
    return str(error).partition(", full error: ")[0]


def _is_duplicate(error: PyMongoError) -> bool:
    if not isinstance(error, BulkWriteError):
        return False
    failures = (error.details or {}).get("writeErrors", [])
    return any(failure.get("code") == _DUPLICATE_KEY for failure in failures)
