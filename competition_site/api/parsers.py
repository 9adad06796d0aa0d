"""Strict JSON: what two readers could read differently is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import IO, Any, NoReturn

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from competition_site.rules import RuleViolation

MAXIMUM_DEPTH = 32
_INTEGER_BOUND = 2**63


class StrictJSONParser(BaseParser):
    """UTF-8 JSON: depth ≤ 32, no duplicate keys, no NUL or lone surrogate, no NaN,
    integers within 64 bits.

    Raises RuleViolation("malformed_json"), UnsupportedMediaType for another charset.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        if not _is_utf8(media_type):
            raise UnsupportedMediaType(media_type or "")
        request = (parser_context or {}).get("request")
        # Django's ``body`` holds the limit of DATA_UPLOAD_MAX_MEMORY_SIZE.
        raw = stream.read() if request is None else request._request.body
        try:
            value = json.loads(
                raw.decode("utf-8"),
                object_pairs_hook=_unique_keys,
                parse_constant=_refuse_constant,
            )
        except (ValueError, RecursionError) as error:
            raise RuleViolation("malformed_json") from error
        for scalar, depth in _scalars(value):
            if depth > MAXIMUM_DEPTH or not _is_sound(scalar):
                raise RuleViolation("malformed_json")
        return value


def _is_utf8(media_type: str | None) -> bool:
    _, _, parameters = (media_type or "").partition(";")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower() in {"utf-8", "utf8"}
    return True


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keyed = dict(pairs)
    if len(keyed) != len(pairs):
        msg = "duplicate key"
        raise ValueError(msg)
    return keyed


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _scalars(value: Any) -> Iterator[tuple[Any, int]]:
    """Every key and plain value with its depth, without recursion."""
    waiting = [(value, 0)]
    while waiting:
        current, depth = waiting.pop()
        if isinstance(current, dict):
            yield None, depth + 1
            for key, nested in current.items():
                yield key, depth + 1
                waiting.append((nested, depth + 1))
        elif isinstance(current, list):
            yield None, depth + 1
            waiting.extend((nested, depth + 1) for nested in current)
        else:
            yield current, depth


def _is_sound(scalar: Any) -> bool:
    if isinstance(scalar, str):
        return "\x00" not in scalar and _has_no_lone_surrogate(scalar)
    if isinstance(scalar, bool) or scalar is None:
        return True
    if isinstance(scalar, int):
        return -_INTEGER_BOUND <= scalar < _INTEGER_BOUND
    return math.isfinite(scalar)


def _has_no_lone_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
