"""Counts that all workers share in Redis, and what stands in while it is away.

What Redis lets through is counted in this process as well. So a Redis that lost its
memory forgives nobody what this process has seen, and while it is away this count
decides, against the process's share of the limit.
"""

from __future__ import annotations

import logging
import time
from threading import Lock

from django.conf import settings
from django.core.cache import DEFAULT_CACHE_ALIAS, BaseCache, caches
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

LOCAL_CACHE_ALIAS = "local"
PAUSE_SECONDS = 5.0
"""How long Redis is left alone after it failed; then one request asks it again.

A command without an answer in half a second has failed (``caches_of`` in the
configuration): a log-in, which counts three times, waits for that once.
"""
LOG_SECONDS = 60.0
_ATTEMPTS = 3


def is_exceeded(key: str, *, limit: int, lifetime: int) -> bool:
    """Count one use of ``key``, kept for ``lifetime`` seconds; whether it is too many.

    Of any number of parallel uses in any number of processes exactly ``limit`` are not.
    """
    shared = _redis.count(key, lifetime) if settings.REDIS_URL else None
    if shared is not None and shared > limit:
        return True
    own = _increment(caches[LOCAL_CACHE_ALIAS], key, lifetime)
    return own > (share_of(limit) if shared is None else limit)


def share_of(limit: int) -> int:
    """What one process may let through alone: all of them together pass no more."""
    return min(limit, max(1, limit // settings.WORKERS))


def _increment(cache: BaseCache, key: str, lifetime: int) -> int:
    """Count in two commands of which each is atomic; a key lost between them is anew.

    Raises ConnectionError where the cache keeps nothing.
    """
    for _attempt in range(_ATTEMPTS):
        cache.add(key, 0, timeout=lifetime)
        try:
            return int(cache.incr(key))
        except ValueError:
            continue
    msg = "the cache keeps no counters"
    raise ConnectionError(msg)


class RedisCounter:
    """Redis, left alone for a while whenever it doesn't answer in time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_away = False
        self._ask_again_at = 0.0
        self._log_again_at = 0.0

    def count(self, key: str, lifetime: int) -> int | None:
        """One use more of ``key`` among all processes; None while Redis is away."""
        if not self._may_ask():
            return None
        try:
            uses = _increment(caches[DEFAULT_CACHE_ALIAS], key, lifetime)
        except (RedisError, OSError) as error:
            self._leave_alone(f"{type(error).__name__}: {error}")
            return None
        self._is_away = False
        return uses

    def _may_ask(self) -> bool:
        """After a pause one thread tries, and the others wait for what it finds."""
        if not self._is_away:
            return True
        with self._lock:
            moment = time.monotonic()
            if moment < self._ask_again_at:
                return False
            self._ask_again_at = moment + PAUSE_SECONDS
            return True

    def _leave_alone(self, reason: str) -> None:
        with self._lock:
            moment = time.monotonic()
            self._is_away = True
            self._ask_again_at = moment + PAUSE_SECONDS
            if moment < self._log_again_at:
                return
            self._log_again_at = moment + LOG_SECONDS
        logger.warning(
            "Redis is away: each process counts requests alone",
            extra={"fields": {"reason": reason, "divided_by": settings.WORKERS}},
        )


_redis = RedisCounter()
