"""Commits a transaction, and asks again where the answer was lost on the way."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from pymongo.errors import PyMongoError

if TYPE_CHECKING:
    from pymongo.client_session import ClientSession

COMMIT_ATTEMPTS = 5
COMMIT_SECONDS = 10.0
_UNKNOWN_RESULT = "UnknownTransactionCommitResult"


def commit(session: ClientSession) -> None:
    """Commit; repeat the commit alone, never the block, while its result is unknown.

    A server answers a repeated commit as it answered the first, so asking again is
    safe, whereas running the block again might do everything twice. Raises PyMongo's
    error after ``COMMIT_ATTEMPTS`` or ``COMMIT_SECONDS``, still labelled as unknown.
    """
    give_up_at = time.monotonic() + COMMIT_SECONDS
    for attempt in range(1, COMMIT_ATTEMPTS + 1):
        try:
            session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label(_UNKNOWN_RESULT):
                raise
            if attempt == COMMIT_ATTEMPTS or time.monotonic() >= give_up_at:
                raise
            time.sleep(random.uniform(0, 0.05 * attempt))  # noqa: S311 - jitter
        else:
            return
