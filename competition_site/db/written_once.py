"""Rows that are written once: what was handed in, with its files and its receipt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class WrittenOnceError(TypeError):
    """Code tried to change or delete what never changes: a defect, no refusal."""


class WrittenOnceQuerySet(models.QuerySet[M]):
    """Rows of which ``update`` takes the model's ``CHANGEABLE`` columns only."""

    def update(self, **fields: Any) -> int:
        _require_changeable(self.model, fields)
        return super().update(**fields)

    def delete(self) -> NoReturn:
        raise _refusal(self.model, "deleted")

    def bulk_create(self, objs: Iterable[M], *args: Any, **options: Any) -> list[M]:
        _require_changeable(self.model, options.get("update_fields") or ())
        return super().bulk_create(objs, *args, **options)


class WrittenOnce(models.Model):
    """A mixin for models; their default and base manager is a WrittenOnceQuerySet's.

    It stops what goes through the ORM. Who writes to the database by hand is found out
    by the receipts' signatures (``manage.py verify_receipts``).
    """

    CHANGEABLE: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            every = [field.name for field in self._meta.concrete_fields]
            _require_changeable(type(self), options.get("update_fields") or every)
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise _refusal(type(self), "deleted")


def _require_changeable(model: Any, fields: Iterable[str]) -> None:
    if fixed := sorted(set(fields) - model.CHANGEABLE):
        raise _refusal(model, f"changed ({', '.join(fixed)})")


def _refusal(model: type[models.Model], what: str) -> WrittenOnceError:
    return WrittenOnceError(
        f"A {model._meta.verbose_name} is written once, not {what}."
    )
