"""Many clients at one moment, and what became of their requests."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import starmap
from time import perf_counter
from typing import Any

import requests
from django.db import connections

from accounts.models import User
from tests.api import access_token
from tests.racing import race

ROUNDS = int(os.environ.get("RACE_ROUNDS", "2"))
"""How often each race is run; many in the long form, ``RACE_ROUNDS=50``."""

SLOWEST_P95 = 10.0
"""Seconds; a crowd waits for each other, but nobody for as long as a browser does."""

CONTROL_ROUNDS = 25
"""How often a control may try to lose its race; one loss is enough."""

TIMEOUT = 60
tables: list[str] = []
"""One line for each race, shown at the end of a run in the long form."""


@dataclass(frozen=True)
class Ask:
    """One request, a POST if nothing else, that is sent together with the others."""

    path: str
    body: Any = None
    by: User | None = None
    key: str | None = None
    method: str = "POST"
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        headers = {}
        if self.by is not None:
            headers["Authorization"] = f"Bearer {access_token(self.by)}"
        if self.key is not None:
            headers["Idempotency-Key"] = self.key
        object.__setattr__(self, "headers", headers)

    def send(self, url: str) -> Reply:
        started = perf_counter()
        response = requests.request(
            self.method,
            f"{url}/api/v1{self.path}",
            json=self.body,
            headers=self.headers,
            timeout=TIMEOUT,
        )
        return Reply(response, perf_counter() - started)


@dataclass(frozen=True)
class Reply:
    response: requests.Response
    seconds: float

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def body(self) -> Any:
        return self.response.json()["data"]

    @property
    def outcome(self) -> str:
        """The status, with the code of a refusal: ``409 competition_full``."""
        if self.status < 400:
            return str(self.status)
        return f"{self.status} {self.body['code']}"


@dataclass
class Crowd:
    """The replies to requests that were sent at once, round by round."""

    url: str
    name: str
    replies: list[Reply] = field(default_factory=list)

    def ask(self, asks: Iterable[Ask]) -> list[Reply]:
        """Send all at the same moment; their replies in the same order."""
        answered = race(*[partial(ask.send, self.url) for ask in asks])
        for reply in answered:
            if isinstance(reply, Exception):
                raise reply
        self.replies += answered
        return answered

    def require_healthy(self) -> None:
        """Nobody was turned away by the server, or waited for long."""
        ordered = sorted(reply.seconds for reply in self.replies)
        half, most = (ordered[int(len(ordered) * q)] for q in (0.5, 0.95))
        counts = ", ".join(starmap("{1} x {0}".format, sorted(outcomes(self.replies))))
        seconds = f"p50 {half:.2f} p95 {most:.2f} max {ordered[-1]:.2f} s"
        tables.append(f"{self.name}: {counts}; {seconds}")
        assert not [r.outcome for r in self.replies if r.status >= 500]
        assert most < SLOWEST_P95


def outcomes(replies: Iterable[Reply]) -> set[tuple[str, int]]:
    """How often each outcome came: ``{("200", 10), ("409 competition_full", 30)}``."""
    return set(Counter(reply.outcome for reply in replies).items())


def can_be_lost(loses: Callable[[], bool]) -> bool:
    """Whether a race without its guard is lost, in one of a few rounds."""
    return any(loses() for _ in range(CONTROL_ROUNDS))


def made_together(makers: Iterable[Callable[[], Any]]) -> list[Any]:
    """Make rows in some threads: a commit waits for the disk, not for the processor."""

    def make(maker: Callable[[], Any]) -> Any:
        try:
            return maker()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=8) as threads:
        return list(threads.map(make, makers))
