"""Receipts: a signature over what was handed in, and when, that anyone can check."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from competition_site.clock import iso
from submissions.models import SubmissionVersion

_CODE_BYTES = 15  # 120 bits: nobody guesses a receipt


@dataclass(frozen=True)
class Signature:
    key_id: str
    value: str


def new_code() -> str:
    """A receipt's name: 24 letters and digits that can be read out."""
    return base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()


def sign(version: SubmissionVersion) -> Signature:
    """HMAC-SHA256 over the version's canonical JSON, with the current key."""
    key = settings.RECEIPT_SIGNING_KEY
    return Signature(key_id(key), _mac(key, version))


def is_valid(version: SubmissionVersion) -> bool:
    """Whether the row still is what was signed, by the key that signed it."""
    return problem(version) is None


def problem(version: SubmissionVersion) -> str | None:
    """Why a receipt doesn't hold: ``unknown_key``, ``changed``; None where it does."""
    keys: Sequence[str] = (
        settings.RECEIPT_SIGNING_KEY,
        *settings.RECEIPT_PREVIOUS_SIGNING_KEYS,
    )
    named = [key for key in keys if key_id(key) == version.key_id]
    if not named:
        return "unknown_key"
    return None if any(_signed(version, key) for key in named) else "changed"


def _signed(version: SubmissionVersion, key: str) -> bool:
    """False as well where somebody has put what is no file into the row's list."""
    try:
        expected = _mac(key, version)
    except (KeyError, TypeError):
        return False
    return hmac.compare_digest(expected.encode(), version.signature.encode())


def key_id(key: str) -> str:
    """A name for a key that doesn't give it away."""
    return hashlib.sha256(b"receipt key id:" + key.encode()).hexdigest()[:16]


def _mac(key: str, version: SubmissionVersion) -> str:
    derived = hmac.digest(key.encode(), b"submission receipts v1", "sha256")
    return hmac.new(derived, _canonical(version), "sha256").hexdigest()


def _canonical(version: SubmissionVersion) -> bytes:
    signed: dict[str, Any] = {
        "code": version.code,
        "submission": str(version.submission_id),
        "stage": str(version.stage_id),
        "number": version.number,
        "submitted_at": iso(version.submitted_at),
        "late": version.late,
        "title": version.title,
        "summary": version.summary,
        "link_url": version.link_url,
        "files": [[f["id"], f["size"], f["sha256"]] for f in version.files],
    }
    return json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()
