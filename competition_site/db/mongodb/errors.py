"""PyMongo's errors as Django's, also where upstream lets them through."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, IntegrityError, OperationalError
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    PyMongoError,
)

_DUPLICATE_KEY = 11000


@contextmanager
def database_errors() -> Iterator[None]:
    """Raise Django's exception, caused by PyMongo's, with PyMongo's words."""
    try:
        yield
    except PyMongoError as error:
        raise _django_error(error) from error


def _django_error(error: PyMongoError) -> DatabaseError:
    if isinstance(error, DuplicateKeyError) or _is_duplicate(error):
        return IntegrityError(str(error))
    if isinstance(error, ConnectionFailure):
        return OperationalError(str(error))
    return DatabaseError(str(error))


def _is_duplicate(error: PyMongoError) -> bool:
    if not isinstance(error, BulkWriteError):
        return False
    failures = (error.details or {}).get("writeErrors", [])
    return any(failure.get("code") == _DUPLICATE_KEY for failure in failures)
