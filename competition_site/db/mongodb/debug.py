"""Query logging for ``find``, which upstream never sends and so never logs."""

from __future__ import annotations

from typing import Any

from django_mongodb_backend.utils import OperationDebugWrapper


class LoggedCollection(OperationDebugWrapper):  # type: ignore[misc]
    """Upstream's wrapper, which logs ``aggregate`` and the writes, with ``find``."""

    def find(self, *arguments: Any, **options: Any) -> Any:
        """Log a find with its options: they hold the order and the limit."""
        duration, cursor = self.profile_call(self.wrapped.find, arguments, options)
        told = {n: v for n, v in options.items() if n != "session" and v}
        self.log("find", duration, (*arguments, told) if told else arguments)
        return cursor
