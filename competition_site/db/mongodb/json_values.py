"""JSON keys: names with a dollar, and exclude() over keys that a row lacks."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models.fields.json import HasKey, HasKeyLookup, KeyTransform
from django.db.models.lookups import IsNull, Lookup
from django.db.models.sql.where import AND, OR, XOR, WhereNode
from django_mongodb_backend.fields import json as json_field

_stock_build_path = json_field.build_json_mql_path
_stock_where_node = WhereNode.as_mql  # type: ignore[attr-defined]


def build_json_mql_path(lhs: Any, key_transforms: Any, as_expr: bool = False) -> Any:
    """Mark keys as values in ``$getField``, where upstream's ``"$c"`` is an error."""
    path = _stock_build_path(lhs, key_transforms, as_expr=as_expr)
    return _with_literal_keys(path) if as_expr else path


def _with_literal_keys(path: Any) -> Any:
    if isinstance(path, list):
        return [_with_literal_keys(part) for part in path]
    if not isinstance(path, dict):
        return path
    marked = {name: _with_literal_keys(part) for name, part in path.items()}
    if isinstance(field := marked.get("field"), str) and field.startswith("$"):
        marked["field"] = {"$literal": field}
    return marked


class NotTrue:
    """A condition's negation where its JSON key is there: absent is unknown, not false.

    SQL's ``NOT (key = value)`` passes over rows without the key. Upstream includes them
    (its list of known failures: test_lookup_exclude).
    """

    def __init__(self, leaf: Any) -> None:
        self.leaf = leaf

    def as_mql(self, compiler: Any, connection: Any, as_expr: bool = False) -> Any:
        try:
            mql = self.leaf.as_mql(compiler, connection, as_expr=as_expr)
        except EmptyResultSet:
            raise FullResultSet from None
        except FullResultSet:
            raise EmptyResultSet from None
        return {"$not": [mql]} if as_expr else {"$nor": [mql]}


def where_node(self: Any, compiler: Any, connection: Any, as_expr: bool = False) -> Any:
    """Carry a negation inwards to the JSON keys that it is about."""
    if self.negated and self.connector != XOR and _compares_keys(self):
        node = WhereNode([_negated(c) for c in self.children], _flipped(self.connector))
        return _stock_where_node(node, compiler, connection, as_expr=as_expr)
    return _stock_where_node(self, compiler, connection, as_expr=as_expr)


def _negated(child: Any) -> Any:
    if isinstance(child, WhereNode):
        return WhereNode(child.children, child.connector, not child.negated)
    if not _compares_a_key(child):
        return NotTrue(child)
    present = HasKey(child.lhs.lhs, child.lhs.key_name)
    both: list[Any] = [NotTrue(child), present]
    return WhereNode(both, AND)


def _flipped(connector: str) -> str:
    return OR if connector == AND else AND


def _compares_keys(node: WhereNode) -> bool:
    return any(
        _compares_keys(child)
        if isinstance(child, WhereNode)
        else _compares_a_key(child)
        for child in node.children
    )


def _compares_a_key(leaf: Any) -> bool:
    return (
        isinstance(leaf, Lookup)
        and isinstance(leaf.lhs, KeyTransform)
        and not isinstance(leaf, IsNull)
        and not isinstance(leaf, HasKeyLookup)
    )


def register_json_values() -> None:
    """Put these in the place of upstream's, which is registered on import likewise."""
    json_field.build_json_mql_path = build_json_mql_path
    WhereNode.as_mql = where_node  # type: ignore[attr-defined]
