"""Dangling references: keys of rows that are not there.

SQLite refuses them where a column is a foreign key; MongoDB never does, and some
columns only hold a key, since the row they mean is never read through them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model

from competition_site.db.batches import in_batches
from competition_site.upkeep.checks import Finding, check, name_of

_plain: dict[type[Model], list[tuple[str, type[Model]]]] = {}


def refers(model: type[Model], column: str, target: type[Model]) -> None:
    """Say that a column without a foreign key holds keys of ``target``."""
    _plain.setdefault(model, []).append((column, target))


@check("references")
def dangling_references() -> Iterator[Finding]:
    """Rows that name a row which isn't there; a person has to decide."""
    for model in apps.get_models():
        for column, target in _references_of(model):
            for batch in in_batches(model._base_manager.exclude(**{column: None})):
                yield from _dangling(batch, column, target)


def _references_of(model: type[Model]) -> list[tuple[str, type[Model]]]:
    keys: list[tuple[str, Any]] = [
        (field.attname, field.related_model)
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey)
    ]
    return keys + _plain.get(model, [])


def _dangling(
    rows: Sequence[Model], column: str, target: type[Model]
) -> Iterator[Finding]:
    wanted = {getattr(row, column) for row in rows}
    known = set(target._base_manager.filter(pk__in=wanted).values_list("pk", flat=True))
    for row in rows:
        key = getattr(row, column)
        if key not in known:
            should = f"a {target._meta.model_name} that is there"
            yield Finding(f"{name_of(row)} {column}", str(key), should)
