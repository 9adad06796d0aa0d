"""A system check: what lists filter and order by is what an index begins with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.core.checks import CheckMessage, Warning  # noqa: A004
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, UniqueConstraint
from django.urls import URLPattern, URLResolver, get_resolver

from competition_site.db.orderings import with_key

FILTER = "competition_site.W111"
ORDERING = "competition_site.W112"

_PARAMETER = re.compile(r"\[(?P<name>\w+)\]")

Key = tuple[str, ...]
"""Columns of an index in its order, each with ``-`` where it descends."""


def check_indexes(app_configs: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """Warn of every filter and ordering of the API and the admin without an index."""
    if app_configs is not None:
        return []
    return [*_of_views(), *_of_admin_pages()]


def _of_views() -> Iterator[CheckMessage]:
    for view in sorted(_views(get_resolver().url_patterns), key=lambda v: v.__name__):
        model = _model_of(view)
        if model is None:
            continue
        filters = getattr(view, "filters", None)
        yield from _unserved_filters(model, filters().fields if filters else (), view)
        yield from _unserved_orderings(model, getattr(view, "orderings", ()), view)


def _of_admin_pages() -> Iterator[CheckMessage]:
    for model, page in admin.site._registry.items():  # noqa: SLF001 - no other way
        named = [*page.list_filter, *getattr(page, "filters_by_link", ())]
        columns = [f[0] if isinstance(f, tuple) else f for f in named]
        columns += page.search_fields[:1]
        columns += [page.date_hierarchy] if page.date_hierarchy else []
        names = [name for name in columns if isinstance(name, str)]
        yield from _unserved_filters(model, names, type(page))
        ordering = [o for o in (page.ordering or ())[:1] if isinstance(o, str)]
        yield from _unserved_orderings(model, ordering, type(page))


def _unserved_filters(
    model: type[Model], names: Iterable[str], owner: type
) -> Iterator[CheckMessage]:
    first = {key[0].lstrip("-") for key in keys_of(model)}
    for name in names:
        column = _column(model, name)
        if column is not None and column not in first:
            words = f"{owner.__name__} filters by {name}, which begins no index."
            hint = f'Add Index(fields=["{column}", "-id"]) to {model.__name__}.Meta.'
            yield Warning(words, hint=hint, obj=model, id=FILTER)


def _unserved_orderings(
    model: type[Model], orderings: Iterable[str], owner: type
) -> Iterator[CheckMessage]:
    keys = keys_of(model)
    for ordering in orderings:
        wanted = _with_key(model, ordering)
        if not any(_serves(key, wanted) for key in keys):
            words = f"{owner.__name__} orders by {ordering}, which no index does."
            hint = f"Add Index(fields={list(wanted)}) to {model.__name__}.Meta."
            yield Warning(words, hint=hint, obj=model, id=ORDERING)


def keys_of(model: type[Model]) -> set[Key]:
    """Every index of a model that holds for all of its rows."""
    options = model._meta
    fields = {f.name: f.attname for f in options.concrete_fields}
    named: list[Iterable[str]] = [
        *(i.fields for i in options.indexes if i.condition is None),
        *(
            c.fields
            for c in options.constraints
            if isinstance(c, UniqueConstraint) and c.condition is None
        ),
        *options.unique_together,
        *([f.name] for f in _indexed_alone(options.concrete_fields)),
    ]
    return {tuple(_renamed(name, fields) for name in names) for names in named if names}


def _indexed_alone(fields: Iterable[Any]) -> list[Any]:
    return [field for field in fields if field.db_index or field.unique]


def _renamed(name: str, fields: dict[str, str]) -> str:
    return _sign(name) + fields[name.lstrip("-")]


def _sign(name: str) -> str:
    return "-" if name.startswith("-") else ""


def _with_key(model: type[Model], ordering: str) -> Key:
    """The ordering as pages send it."""
    columns = with_key(model, ordering)
    return tuple(
        _sign(name) + str(_column(model, name.lstrip("-"))) for name in columns
    )


def _serves(key: Key, wanted: Key) -> bool:
    """Tell whether an index, read from either end, begins with an order.

    Columns before it serve as well: the list is one of a parent, whose column an
    equality fixes.
    """
    turned = tuple(c[1:] if c.startswith("-") else f"-{c}" for c in key)
    return any(k[: len(wanted)] == wanted for k in (key, turned))


def _column(model: type[Model], name: str) -> str | None:
    """The column that a filter of this name is about; None where it is computed."""
    for candidate in (name, f"{name}_id"):
        try:
            field: Any = model._meta.get_field(candidate)
        except FieldDoesNotExist:
            continue
        return str(field.attname)
    return None


def _views(patterns: Iterable[Any]) -> set[type]:
    """The classes behind all routes."""
    found: set[type] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= _views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            callback: Any = pattern.callback
            view = getattr(callback, "cls", getattr(callback, "view_class", None))
            found |= {view} if view is not None else set()
    return found


def _model_of(view: type) -> type[Model] | None:
    """The model of ``queryset``, or that ``get_queryset`` says it returns rows of.

    ``QuerySet[Competition]`` is the bare class when it is evaluated, so the words of
    the annotation are read.
    """
    if (queryset := vars(view).get("queryset")) is not None:
        model: type[Model] = queryset.model
        return model
    method = vars(view).get("get_queryset")
    said = _PARAMETER.search(str(getattr(method, "__annotations__", {}).get("return")))
    named = getattr(method, "__globals__", {}).get(said["name"]) if said else None
    return named if isinstance(named, type) and issubclass(named, Model) else None
