"""Asks what becomes of an upload."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from typing import Any

import pytest

from competition_site.files.content import EXTENSIONS, require_content
from competition_site.files.uploads import Upload
from competition_site.rules import RuleViolation

ENOUGH = 1 << 40


def judged(name: str, content: bytes) -> str:
    """The content type of an upload that is accepted."""
    with closing(Upload.of(name, content)) as upload:
        return require_content(upload, allowed=EXTENSIONS, maximum_bytes=ENOUGH)


def cleaned(name: str, content: bytes) -> bytes:
    """What is stored of an upload that is accepted."""
    with closing(Upload.of(name, content)) as upload:
        require_content(upload, allowed=EXTENSIONS, maximum_bytes=ENOUGH)
        return upload.read()


def refused(
    name: str, content: bytes, *, allowed: Collection[str] = tuple(EXTENSIONS)
) -> list[Any]:
    """The texts with which an upload is refused."""
    with (
        closing(Upload.of(name, content)) as upload,
        pytest.raises(RuleViolation) as refusal,
    ):
        require_content(upload, allowed=allowed, maximum_bytes=ENOUGH)
    assert refusal.value.code == "validation_error"
    assert list(refusal.value.errors) == ["file"]
    return refusal.value.errors["file"]
