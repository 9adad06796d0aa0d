"""Whether stored files still are the bytes that their rows say."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.storage import default_storage

_CHUNK = 1024 * 1024


def problem_of(key: str, *, size: int, sha256: str) -> dict[str, Any] | None:
    """What is wrong with a stored file, if anything; it is read once, in pieces."""
    digest, read = hashlib.sha256(), 0
    try:
        with default_storage.open(key) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                read += len(chunk)
    except FileNotFoundError:
        return {"problem": "missing"}
    except OSError as error:
        return {"problem": "unreadable", "error": str(error)}
    if read != size:
        return {"problem": "size", "says": size, "is": read}
    if digest.hexdigest() != sha256:
        return {"problem": "sha256", "says": sha256, "is": digest.hexdigest()}
    return None
