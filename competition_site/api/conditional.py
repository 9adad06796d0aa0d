"""Conditional requests: versions against lost updates, ETags against repeated reads."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.http import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from rest_framework.request import Request
from rest_framework.response import Response

from competition_site.db.models import VersionedRow
from competition_site.rules import RuleViolation

PUBLIC_CACHE = "public, max-age=0, s-maxage=30, stale-while-revalidate=300"


def expected_version(request: Request, row: VersionedRow | None) -> int | None:
    """The version that ``If-Match`` names; None without the header or for ``*``.

    ``row`` is None where a PUT may make it. Raises RuleViolation("stale_version")
    where the version isn't the row's, or nothing is there yet.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return None
    if row is None:
        raise RuleViolation("stale_version")
    if header.strip() == "*":
        return None
    candidates = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    if version_etag(row) not in candidates:
        raise RuleViolation("stale_version")
    return row.version


def version_etag(row: VersionedRow) -> str:
    """``"<version>"``, the entity tag of a changeable resource."""
    return quote_etag(str(row.version))


def with_version(response: Response, row: VersionedRow) -> Response:
    """Send the row's version as ``ETag``."""
    response["ETag"] = version_etag(row)
    return response


class PublicReads:
    """View mixin: successful anonymous reads may be cached and answer 304.

    A reader who sends a token may see more, so theirs stay ``private, no-store``.
    """

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if (
            request.method in {"GET", "HEAD"}
            and response.status_code == 200
            and request.auth is None
        ):
            response["Cache-Control"] = PUBLIC_CACHE
            response["Vary"] = "Authorization, Origin"
            if modified := getattr(self, "last_modified", None):
                response["Last-Modified"] = http_date(modified.timestamp())
            response.add_post_render_callback(
                lambda rendered: _unless_known(request, rendered)
            )
        return response


def _unless_known(request: Request, response: Response) -> HttpResponseBase:
    """304 where the reader has it; ``If-Match`` says nothing about a read."""
    digest = sha256(response.rendered_content).hexdigest()[:32]
    etag = response["ETag"] = quote_etag(digest)
    known = get_conditional_response(request._request, etag=etag, response=response)
    return known if known is not None and known.status_code == 304 else response
