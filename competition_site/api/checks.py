"""Warns before deployment where request limits are looser or tighter than written."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning  # noqa: A004

UNSHARED_COUNTERS = (
    "WEB_CONCURRENCY is %d without REDIS_URL: every process counts requests alone, "
    "against the limits divided by %d."
)


def check_shared_counters(**_kwargs: Any) -> list[CheckMessage]:
    """Several processes need Redis to count exactly."""
    if settings.REDIS_URL or settings.WORKERS == 1:
        return []
    text = UNSHARED_COUNTERS % (settings.WORKERS, settings.WORKERS)
    return [Warning(text, id="competition_site.W201")]
