"""What ``connection.cursor()`` returns where no SQL is spoken."""

from __future__ import annotations

from typing import Any, NoReturn, Self

from django.db import NotSupportedError


class Cursor:
    """A cursor for those who only pass it on, as introspection and migrations do.

    Upstream's enters as None: ``raw()`` and SQL end in an AttributeError of NoneType.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """There is nothing to close."""

    def _refuse(self, *_arguments: Any, **_keywords: Any) -> NoReturn:
        msg = "MongoDB speaks no SQL: use the ORM, or connection.get_collection()."
        raise NotSupportedError(msg)

    callproc = execute = executemany = _refuse
    fetchall = fetchmany = fetchone = _refuse
