"""A WSGI application of four answers, for the tests of the server below Django."""

from collections.abc import Callable, Iterable
from typing import Any


def application(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/raises":
        msg = "secret detail"
        raise RuntimeError(msg)
    headers = [("Content-Type", "text/plain"), ("Content-Length", "2")]
    if path == "/bad-header":
        headers.append(("X-Broken", "a\nb"))
    if path == "/reads":
        environ["wsgi.input"].read()
    start_response("200 OK", headers)
    return [b"ok"]
