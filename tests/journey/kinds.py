"""What a value of an answer is: a kind, a moment, exactly these keys."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")

text, whole, flag, anything = str, int, bool, object


class Maybe:
    """A shape, or null."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


def uuid7(value: Any) -> bool:
    return isinstance(value, str) and UUID(value).version == 7


def moment(value: Any) -> bool:
    return isinstance(value, str) and bool(_MOMENT.fullmatch(value))


def sha256(value: Any) -> bool:
    return isinstance(value, str) and bool(_SHA256.fullmatch(value))


def verdict(value: Any) -> bool:
    return value is True or (isinstance(value, str) and bool(value))


def require_shape(value: Any, shape: Any, path: str = "data") -> None:
    """Assert exactly the keys of ``shape``, at every depth, and each kind of value."""
    if isinstance(shape, Maybe):
        if value is None:
            return
        shape = shape.shape
    if isinstance(shape, dict):
        _require_keys(value, shape, path)
    elif isinstance(shape, list):
        assert isinstance(value, list), path
        for number, element in enumerate(value):
            require_shape(element, shape[0], f"{path}[{number}]")
    else:
        assert _is_kind(value, shape), f"{path}: {value!r}"


def _require_keys(value: Any, shape: dict[str, Any], path: str) -> None:
    assert isinstance(value, dict), path
    assert value.keys() == shape.keys(), path
    for key, inner in shape.items():
        require_shape(value[key], inner, f"{path}.{key}")


def _is_kind(value: Any, kind: Any) -> bool:
    if isinstance(kind, type):
        return isinstance(value, kind) and (kind is not int or value is not True)
    return bool(kind(value))
