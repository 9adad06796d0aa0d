"""A client that repeats a keyed request for as long as it is told to try again."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import requests

from accounts.models import User
from tests.api import access_token

TIMEOUT = 60


@dataclass
class Patient:
    """One POST with its key, repeated by ``Retry-After``; every reply is kept."""

    url: str
    path: str
    by: User
    key: str | None = "the one key"
    replies: list[requests.Response] = field(default_factory=list)
    seconds: float = 0.0
    """From the first repetition to the answer."""

    def __post_init__(self) -> None:
        self.headers = {"Authorization": f"Bearer {access_token(self.by)}"}
        if self.key is not None:
            self.headers["Idempotency-Key"] = self.key.replace(" ", "-")

    def ask(self) -> requests.Response:
        """Send once; raises ConnectionError when the other side dies."""
        reply = requests.post(
            f"{self.url}/api/v1{self.path}", headers=self.headers, timeout=TIMEOUT
        )
        self.replies.append(reply)
        return reply

    def ask_until_answered(self, *, within: float) -> requests.Response:
        """Repeat while the answer is "later"; nothing else may come in between."""
        started = time.monotonic()
        while (reply := self.ask()).status_code != 200:
            assert self.outcome_of(reply) in {
                "409 request_in_progress",
                "503 service_unavailable",
            }, reply.text
            assert time.monotonic() - started < within, self.outcomes
            time.sleep(int(reply.headers["Retry-After"]))
        self.seconds = time.monotonic() - started
        return reply

    @staticmethod
    def outcome_of(reply: requests.Response) -> str:
        body = reply.json()
        assert body.keys() == {"success", "data", "message"}
        code = "" if body["success"] else f" {body['data']['code']}"
        return f"{reply.status_code}{code}"

    @property
    def outcomes(self) -> list[str]:
        return [self.outcome_of(reply) for reply in self.replies]
