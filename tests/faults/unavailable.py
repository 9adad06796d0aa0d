"""What an answer looks like while a database is busy or gone."""

from __future__ import annotations

import requests


def require_unavailable(reply: requests.Response) -> None:
    """In the envelope, with a time to come back."""
    assert reply.status_code == 503, reply.text
    body = reply.json()
    assert body.keys() == {"success", "data", "message"}
    assert body["data"]["code"] == "service_unavailable"
    assert int(reply.headers["Retry-After"]) >= 1
