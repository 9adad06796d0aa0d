"""The connection: ``transaction.atomic`` is a MongoDB transaction and ends clean."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from django.db import NotSupportedError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import debug_transaction
from django_mongodb_backend import base
from pymongo.collection import Collection
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from competition_site.db.mongodb.commit import commit
from competition_site.db.mongodb.cursor import Cursor
from competition_site.db.mongodb.debug import LoggedCollection
from competition_site.db.mongodb.errors import BlockWasBroken, database_errors
from competition_site.db.mongodb.features import DatabaseFeatures
from competition_site.db.mongodb.functions import register_functions
from competition_site.db.mongodb.json_values import register_json_values
from competition_site.db.mongodb.lookups import register_lookups
from competition_site.db.mongodb.operations import DatabaseOperations
from competition_site.db.mongodb.operators import OPERATORS
from competition_site.db.mongodb.schema import DatabaseSchemaEditor

register_lookups()
register_json_values()
register_functions()


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    """A connection whose outermost ``atomic()`` is one MongoDB transaction.

    Upstream makes Django's ``atomic()`` a no-op and offers an ``atomic()`` of its own,
    which the admin, DRF and Django itself don't call. There are no savepoints: as on
    every engine without them, an exception that leaves an inner block dooms the outer
    one. A standalone server has no transactions at all; ``competition_site.db.checks``
    refuses it.
    """

    features_class = DatabaseFeatures
    ops_class = DatabaseOperations
    SchemaEditorClass = DatabaseSchemaEditor

    mongo_operators = {
        **base.DatabaseWrapper.mongo_operators,
        **OPERATORS,
    }

    # Upstream runs hooks at once and sets no mode, since its atomic() does nothing.
    on_commit = BaseDatabaseWrapper.on_commit

    connection: Any
    run_on_commit: list[Any]
    _alias_block: Any = None
    session: Any
    _rollback_was_asked_for = False
    _handled_before: BaseException | None = None
    _statements = 0
    _collections: tuple[Any, dict[str, Any]] = (None, {})

    def connect(self) -> None:
        """Connect, or leave no trace of having tried.

        A server out of reach is noticed half-way; what stayed behind would count as
        connected, without autocommit, and turn every later ``atomic()`` into a no-op.
        """
        try:
            with database_errors():
                super().connect()
        except BaseException:
            self.connection = None
            self.__dict__.pop("database", None)
            raise

    def set_autocommit(
        self,
        autocommit: bool,
        force_begin_transaction_with_broken_autocommit: bool = False,
    ) -> None:
        """Begin or end a transaction for ``atomic()``, and for nothing else.

        Transactions by hand (``set_autocommit(False)``, then ``commit()`` at will) are
        refused: what follows their first commit would run outside of any.
        """
        if not autocommit and not force_begin_transaction_with_broken_autocommit:
            msg = "MongoDB has no transactions by hand: use transaction.atomic()."
            raise NotSupportedError(msg)
        BaseDatabaseWrapper.set_autocommit(
            self, autocommit, force_begin_transaction_with_broken_autocommit
        )

    def _set_autocommit(self, autocommit: bool) -> None:
        self._drop_session()
        if autocommit:
            return
        self.rollback_exc = None  # Django would name the last block's error in this one
        self._rollback_was_asked_for = False
        self._handled_before = sys.exc_info()[1]
        with database_errors():
            if self.features.supports_transactions:
                self.session = self.connection.start_session()
                self._begin()

    def _begin(self) -> None:
        self._statements = 0
        self.session.start_transaction(
            read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")
        )

    @property
    def may_begin_again(self) -> bool:
        """Whether the statement that just failed was the first of its transaction."""
        return self.session is not None and self._statements == 1

    def begin_again(self) -> None:
        """Give up a transaction that holds nothing yet, and begin another."""
        self.session.abort_transaction()
        self._begin()
        self._statements = 1  # the one that is sent again

    def _commit(self) -> None:
        """Commit; whatever comes of it, the connection is free for the next block.

        Upstream keeps the dead session after a failed commit and lets PyMongo's error
        through, which Django's ``atomic()`` does not know how to clean up after.
        """
        if self.session is None:
            return
        try:
            with debug_transaction(self, "COMMIT"), database_errors():
                commit(self.session)
        finally:
            self._drop_session()

    def _rollback(self) -> None:
        if self.session is None:
            return
        with debug_transaction(self, "ROLLBACK"):
            self._drop_session()

    def set_rollback(self, rollback: bool) -> None:
        """Remember that somebody wants the block undone, as tests and DRF do."""
        super().set_rollback(rollback)
        self._rollback_was_asked_for = rollback

    def rollback(self) -> None:
        """Undo the block; say so where it seemed to end well.

        Elsewhere an inner block that failed is undone alone. Without savepoints it
        dooms the outer one, and Django then rolls that back without a word, however
        well it ends: what it had stored would be gone unnoticed.
        """
        unnoticed = (
            self.session is not None
            and not self._rollback_was_asked_for
            and sys.exc_info()[1] is self._handled_before
        )
        cause = self.rollback_exc
        super().rollback()
        if unnoticed:
            msg = (
                "Nothing of this atomic() block was stored: a block inside of it "
                "failed and its exception was caught, and MongoDB has no savepoints."
            )
            raise BlockWasBroken(msg) from cause

    def savepoint_rollback(self, sid: str) -> NoReturn:
        """Refuse: Django would do nothing, and what was to be undone would stay."""
        msg = "MongoDB has no savepoints: let the exception leave the whole block."
        raise NotSupportedError(msg)

    def _drop_session(self) -> None:
        """End the session; a transaction still open on it is aborted."""
        session, self.session = self.session, None
        if session is not None:
            with database_errors():
                session.end_session()

    def close(self) -> None:
        """Forget an open transaction; the pool of sockets stays (upstream: a no-op)."""
        super().close()
        self.run_on_commit = []
        self._drop_session()
        if self.in_atomic_block:
            self.closed_in_transaction = True
            self.needs_rollback = True

    def is_usable(self) -> bool:
        """Tell whether the server answers (upstream: not implemented)."""
        try:
            self.connection.admin.command("ping")
        except PyMongoError:
            return False
        return True

    def get_collection(self, name: str, **kwargs: Any) -> Any:
        """Connect, and refuse queries in a doomed block, as cursors do elsewhere."""
        self.ensure_connection()
        self.validate_no_broken_transaction()
        self._statements += 1
        collection = self._collection(name, **kwargs)
        if self.queries_logged:
            return LoggedCollection(self, collection)
        return collection

    def _collection(self, name: str, **options: Any) -> Any:
        """Keep PyMongo's objects with the database they belong to: making one takes as
        long as converting a row.
        """
        database, kept = self._collections
        if database is not self.database:
            database, kept = self._collections = (self.database, {})
        if options:
            return Collection(database, name, **options)
        if name not in kept:
            kept[name] = Collection(database, name)
        return kept[name]

    def cursor(self) -> Cursor:
        """Return what refuses SQL in one sentence."""
        return Cursor()

    # Upstream's own atomic() becomes another name of Django's.
    def start_transaction_mongo(self) -> None:
        """Enter Django's ``atomic()``."""
        block = transaction.atomic(using=self.alias)
        block.__enter__()
        self._alias_block = block

    def commit_mongo(self) -> None:
        """Leave Django's ``atomic()`` as one leaves it without an exception."""
        block, self._alias_block = self._alias_block, None
        if block is not None:
            block.__exit__(None, None, None)

    def rollback_mongo(self) -> None:
        """Leave Django's ``atomic()`` as an exception leaves it."""
        block, self._alias_block = self._alias_block, None
        if block is not None:
            self._rollback_was_asked_for = True
            block.__exit__(RuntimeError, RuntimeError(), None)
