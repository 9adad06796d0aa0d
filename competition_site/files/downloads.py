"""Sends stored files: as attachments that no browser runs, and only if unharmed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

_CHUNK = 64 * 1024

logger = logging.getLogger(__name__)


class DamagedFileError(OSError):
    """A stored file isn't what its row says."""


def download(
    *, key: str, name: str, content_type: str, size: int, sha256: str
) -> HttpResponse | StreamingHttpResponse:
    """The answer that sends a stored file; who may have it was decided before.

    With ``ACCEL_REDIRECT_PREFIX`` nginx sends it from the disk. Otherwise it goes
    through this process, which ends the connection before the last bytes where they
    don't have the hash of the row. Raises FileNotFoundError, OSError.
    """
    response: HttpResponse | StreamingHttpResponse
    if settings.ACCEL_REDIRECT_PREFIX and _is_local():
        response = _left_to_nginx(key)
    else:
        file = default_storage.open(key)
        response = StreamingHttpResponse(_Checked(file, key, size, sha256))
        response["Content-Length"] = str(size)
    response["Content-Type"] = content_type
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _is_local() -> bool:
    return isinstance(storages["default"], FileSystemStorage)


def _left_to_nginx(key: str) -> HttpResponse:
    if not default_storage.exists(key):
        raise FileNotFoundError(key)
    response = HttpResponse()
    response["X-Accel-Redirect"] = settings.ACCEL_REDIRECT_PREFIX + quote(key)
    return response


class _Checked:
    """The chunks of a file; the last one only once the hash is known to be right."""

    def __init__(self, file: File[Any], key: str, size: int, sha256: str) -> None:
        self._file, self._key, self._left, self._sha256 = file, key, size, sha256
        self._digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        while self._left > 0:
            chunk = self._file.read(_CHUNK)
            self._digest.update(chunk)
            self._left -= len(chunk)
            if not chunk or self._left <= 0:
                self._require_unharmed()
            yield chunk

    def _require_unharmed(self) -> None:
        if self._left or self._digest.hexdigest() != self._sha256:
            logger.error("a stored file is damaged: %s", self._key)
            raise DamagedFileError(self._key)

    def close(self) -> None:
        self._file.close()
