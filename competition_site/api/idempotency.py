"""Idempotency-Key: a POST that is sent twice runs once.

A key is first a lease, then an answer. The answer is stored in the transaction of the
change itself, on condition that the lease is still held: after a crash there is either
both or neither, and a worker that comes back too late loses its transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from competition_site.api.envelope import CONTENT_TYPE, EnvelopeRenderer
from competition_site.api.models import IdempotencyKey
from competition_site.clock import now
from competition_site.db.transactions import retried
from competition_site.files.stored import discard
from competition_site.rules import RuleViolation

HEADER = "Idempotency-Key"
_MAXIMUM_LENGTH = 128
_STORED_HEADERS = ("ETag", "Location")


def idempotency_key(request: Request) -> str:
    """The client's key. Raises RuleViolation("validation_error") for a bad one."""
    key = request.headers[HEADER]
    if not 1 <= len(key) <= _MAXIMUM_LENGTH or not all("!" <= c <= "~" for c in key):
        text = _("Send 1 to 128 visible ASCII characters.")
        raise RuleViolation("validation_error", errors={HEADER: [text]})
    return key


def run_once(
    view: Any,
    handler: Callable[..., Response],
    request: Request,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Run ``handler`` under the request's key, or replay what it answered before.

    Raises RuleViolation: validation_error (a bad key), request_in_progress,
    idempotency_key_reused.
    """
    if view.kwargs:
        view.get_object()  # 404 and 403 come before what the body is refused for
    digest = _digest(request, idempotency_key(request))
    fingerprint = _fingerprint(request)
    lease = uuid4().hex
    stored = _take(digest, fingerprint, lease)
    if stored is not None:
        return _replay(stored)
    try:
        return retried(
            lambda: _run(lambda: handler(request, *args, **kwargs), digest, lease),
            name=handler.__qualname__,
        )
    except BaseException as error:
        discard(request.FILES.values(), error)
        IdempotencyKey.objects.filter(pk=digest, lease=lease, status_code=None).delete()
        raise


def _run(call: Callable[[], Response], digest: str, lease: str) -> Response:
    with transaction.atomic():
        response = call()
        body = EnvelopeRenderer().render(
            response.data, renderer_context={"response": response}
        )
        stored = IdempotencyKey.objects.filter(
            pk=digest, lease=lease, status_code=None
        ).update(
            status_code=response.status_code,
            headers=[[n, response[n]] for n in _STORED_HEADERS if n in response],
            body=body.decode(),
        )
        if not stored:
            raise RuleViolation("request_in_progress", retry_after=1)
        return response


def _take(digest: str, fingerprint: str, lease: str) -> IdempotencyKey | None:
    """Take the key's lease, or return the answer it stands for."""
    moment = now()
    terms = {
        "fingerprint": fingerprint,
        "lease": lease,
        "lease_until": moment + settings.IDEMPOTENCY_LEASE,
        "expires_at": moment + settings.IDEMPOTENCY_RETENTION,
    }
    held = IdempotencyKey.objects.filter(pk=digest).first()
    if held is None:
        _take_first(digest, terms)
        return None
    if held.expires_at > moment:
        _require_same(held, fingerprint)
        if held.status_code is not None:
            return held
        _require_run_out(held, moment)
    _take_over(held, terms)
    return None


def _take_first(digest: str, terms: dict[str, Any]) -> None:
    try:
        IdempotencyKey.objects.create(pk=digest, **terms)
    except IntegrityError:  # outside of any transaction: nothing is broken by it
        raise RuleViolation("request_in_progress", retry_after=1) from None


def _take_over(held: IdempotencyKey, terms: dict[str, Any]) -> None:
    """Take what has run out, by compare-and-set on who held it and on the answer.

    A holder that was late, but came before us, has answered: then it is not ours.
    """
    seen = {"lease": held.lease, "status_code": held.status_code}
    taken = IdempotencyKey.objects.filter(pk=held.pk, **seen).update(
        **terms, status_code=None, headers=[], body=""
    )
    if not taken:
        raise RuleViolation("request_in_progress", retry_after=1)


def _require_same(held: IdempotencyKey, fingerprint: str) -> None:
    if held.fingerprint != fingerprint:
        raise RuleViolation("idempotency_key_reused")


def _require_run_out(held: IdempotencyKey, moment: datetime) -> None:
    if held.lease_until > moment:
        wait = int((held.lease_until - moment).total_seconds()) + 1
        raise RuleViolation("request_in_progress", retry_after=wait)


def _replay(stored: IdempotencyKey) -> HttpResponse:
    response = HttpResponse(
        stored.body, status=stored.status_code, content_type=CONTENT_TYPE
    )
    for name, value in stored.headers:
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def _digest(request: Request, key: str) -> str:
    parts = (str(request.user.pk), str(request.method), request.path, key)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _fingerprint(request: Request) -> str:
    """A hash of the parsed fields and of each file's content."""
    files = {
        name: [file.original_sha256 for file in request.FILES.getlist(name)]
        for name in request.FILES
    }
    fields: Any = request.data
    if isinstance(fields, QueryDict):
        fields = {n: values for n, values in fields.lists() if n not in files}
    packed = json.dumps(
        [fields, files], sort_keys=True, separators=(",", ":"), default=str
    )
    return hashlib.sha256(packed.encode("utf-8", "surrogatepass")).hexdigest()
