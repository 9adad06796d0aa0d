"""/health: whether the process answers, and whether it can do its work."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from competition_site.api.envelope import (
    CONTENT_TYPE,
    dumps,
    failure,
    refusal_response,
    success,
)
from competition_site.clock import now
from competition_site.rules import RuleViolation
from competition_site.upkeep import heartbeat

logger = logging.getLogger(__name__)

SAFE_METHODS = ("GET", "HEAD")

View = Callable[[HttpRequest], HttpResponse]


def safe_only(view: View) -> View:
    """Refuse every other method, in the envelope."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.method in SAFE_METHODS:
            return view(request)
        response = refusal_response(RuleViolation("method_not_allowed"))
        response["Allow"] = ", ".join(SAFE_METHODS)
        return response

    return guarded


@safe_only
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; a failure means: restart it."""
    return HttpResponse(dumps(success({"status": "live"})), content_type=CONTENT_TYPE)


@safe_only
def ready(request: HttpRequest) -> HttpResponse:
    """Everything it needs is in reach; 503 names what isn't: send no traffic.

    Without Redis it goes on, counting requests by itself: were every server to call
    itself unready at once, the loss of a counter would be the loss of the site. Then
    it is ``degraded`` and names the cache; so it is, naming ``tick``, where nobody ran
    the scheduled tasks for too long.
    """
    down = list(_failing())
    if not down or (down == ["cache"] and settings.REDIS_URL):
        return _ready(down, _tick())
    response = HttpResponse(
        dumps(failure("service_unavailable", down=down)),
        status=503,
        content_type=CONTENT_TYPE,
    )
    response["Retry-After"] = "5"
    return response


def _ready(down: list[str], tick: dict[str, Any]) -> HttpResponse:
    down = [*down, "tick"] if tick["late"] else down
    state = {"status": "degraded", "down": down} if down else {"status": "ready"}
    return HttpResponse(
        dumps(success({**state, "tick": tick})), content_type=CONTENT_TYPE
    )


def _tick() -> dict[str, Any]:
    finished_at = heartbeat.last_tick()
    return {
        "last_finished_at": finished_at,
        "late": heartbeat.is_late(finished_at, at=now()),
    }


def _failing() -> Iterator[str]:
    """What is down; a lost database is not asked for its migrations as well."""
    database = _passes("database", _database_answers)
    if not database:
        yield "database"
    for name, check in _CHECKS.items():
        asks_database = name == "migrations"
        if (database or not asks_database) and not _passes(name, check):
            yield name


def _passes(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception:  # whatever it is, the dependency is down
        logger.warning("not ready: %s", name, exc_info=True)
        return False
    return True


def _database_answers() -> None:
    get_user_model().objects.exists()


def _migrations_are_applied() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        msg = "migrations are pending"
        raise RuntimeError(msg)


def _cache_keeps() -> None:
    token = uuid4().hex
    cache.set("health", token, timeout=5)
    if cache.get("health") is None:
        msg = "the cache forgot"
        raise RuntimeError(msg)


def _storage_keeps() -> None:
    key = default_storage.save(
        f"health/{uuid4().hex}", ContentFile(now().isoformat().encode())
    )
    default_storage.delete(key)


_CHECKS: dict[str, Callable[[], None]] = {
    "migrations": _migrations_are_applied,
    "cache": _cache_keeps,
    "storage": _storage_keeps,
}
