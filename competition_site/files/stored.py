"""Stored files: an upload on disk, with what is known of it, and its way back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse

from competition_site.files.content import clean_name


@dataclass(frozen=True)
class StoredFile:
    """A file in storage; ``key`` says nothing about its name, owner or content."""

    key: str
    name: str
    size: int
    sha256: str
    content_type: str


@contextmanager
def stored(
    upload: UploadedFile, *, folder: str, content_type: str
) -> Iterator[StoredFile]:
    """Store an upload for a block that writes its row; if that fails, no file stays."""
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    random = uuid4().hex
    key = default_storage.save(f"{folder}/{random[:2]}/{random}", upload)
    try:
        yield StoredFile(
            key=key,
            name=clean_name(upload.name),
            size=upload.size or 0,
            sha256=digest.hexdigest(),
            content_type=content_type,
        )
    except BaseException:
        default_storage.delete(key)
        raise


def download(*, key: str, name: str, content_type: str) -> FileResponse:
    """Send a stored file as an attachment that a browser never runs."""
    response = FileResponse(
        default_storage.open(key),
        as_attachment=True,
        filename=name,
        content_type=content_type,
    )
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
