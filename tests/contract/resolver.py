"""Every route of the API and its methods, read from the URL resolver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLResolver, get_resolver
from django.utils.regex_helper import normalize

PREFIXES = ("/api/", "/health/")
_HEALTH_METHODS = frozenset({"GET"})
_PLACEHOLDER = re.compile(r"%\(\w+\)s|<[^>]+>|\{\w+\}")


def routes() -> dict[str, frozenset[str]]:
    """``/api/v1/registrations/{}`` → the methods it serves (HEAD and OPTIONS apart)."""
    found: dict[str, frozenset[str]] = {}
    for template, view in _patterns(get_resolver()):
        if template.startswith(PREFIXES):
            served = _methods(view)
            found[template] = found.get(template, frozenset()) | served
    return found


def blanked(path: str) -> str:
    """A path with its placeholders emptied, so that paths of two spellings compare."""
    return _PLACEHOLDER.sub("{}", path)


def _patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        template = prefix + _template(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, template)
        else:
            yield template, entry.callback


def _template(pattern: Any) -> str:
    text = str(pattern)
    if text.startswith("^"):
        (text, _parameters), *_alternatives = normalize(text)
    return blanked(text)


def _methods(view: Any) -> frozenset[str]:
    if actions := getattr(view, "actions", None):
        names = set(actions)
    elif view_class := getattr(view, "view_class", getattr(view, "cls", None)):
        names = {n for n in view_class.http_method_names if hasattr(view_class, n)}
    else:
        return _HEALTH_METHODS
    return frozenset(name.upper() for name in names - {"head", "options"})
