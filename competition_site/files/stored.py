"""Stored files: an upload that has found its place, with what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from django.core.files.storage import default_storage
from django.db import connection

from competition_site.db.transactions import may_be_committed
from competition_site.files.uploads import Upload


@dataclass(frozen=True)
class StoredFile:
    """A file in storage; ``key`` says nothing about its name, owner or content.

    ``original_sha256`` is the hash of what was sent, before metadata was taken out.
    """

    key: str
    name: str
    size: int
    sha256: str
    content_type: str
    original_sha256: str = ""


@contextmanager
def stored(upload: Upload, *, folder: str, content_type: str) -> Iterator[StoredFile]:
    """Store an upload for a block that writes its row; if that fails, no file stays.

    Two cases leave the file where it is. Inside of a transaction somebody else knows
    how it ends, may run the block again, and calls ``discard``. And where nobody knows
    whether the row was written: a row without its file would be a loss, a file without
    a row is found by ``check_consistency``.
    """
    outer = connection.in_atomic_block
    try:
        yield _placed(upload, folder, content_type)
    except BaseException as error:
        if not outer:
            discard([upload], error)
        raise
    finally:
        upload.close()


def discard(uploads: Iterable[Upload], error: BaseException) -> None:
    """Delete what was stored for a transaction that ended in ``error``."""
    for upload in uploads:
        if not may_be_committed(error):
            upload.discard()


def _placed(upload: Upload, folder: str, content_type: str) -> StoredFile:
    if upload.key is None:
        random = uuid4().hex
        upload.key = default_storage.save(f"{folder}/{random[:2]}/{random}", upload)
    return StoredFile(
        key=upload.key,
        name=upload.name or "file",
        size=upload.size or 0,
        sha256=upload.sha256,
        content_type=content_type,
        original_sha256=upload.original_sha256,
    )
