"""Request limits: each count is one atomic increment, so none slips by."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from django.conf import settings
from rest_framework.exceptions import Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from competition_site.api import counters
from competition_site.api.client import client_network
from competition_site.configuration import parse_duration


def count(scope: str, *identity: str) -> None:
    """Count one use of ``scope`` by ``identity``; raises Throttled above its limit."""
    limit, window = _limit(scope)
    moment = time.time()
    started = int(moment // window)
    wait = (started + 1) * window - moment
    who = hashlib.sha256("\n".join(identity).encode()).hexdigest()
    key = f"throttle:{scope}:{started}:{who}"
    if counters.is_exceeded(key, limit=limit, lifetime=window * 2):
        raise Throttled(wait=wait)


def _limit(scope: str) -> tuple[int, int]:
    uses, _, window = settings.THROTTLE_LIMITS[scope].partition("/")
    return int(uses), int(parse_duration(window).total_seconds())


class WriteThrottle(BaseThrottle):
    """``write_user``: what one account may change in a window."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.method not in SAFE_METHODS and request.user.is_authenticated:
            count("write_user", str(request.user.pk))
        return True


class PublicReadThrottle(BaseThrottle):
    """``read_address``: what one address may read without logging in."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS and not request.user.is_authenticated:
            count("read_address", client_network(request))
        return True
