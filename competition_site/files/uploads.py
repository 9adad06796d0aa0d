"""An upload on its way in: a temporary file that is hashed while it is written."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import IO, Any, Self
from uuid import uuid4

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

from competition_site.files.names import clean_name

PART_SUFFIX = ".part"
FILE_MODE = 0o640


def sha256_of(content: File[Any]) -> str:
    """The hash of a file's content, in hexadecimal digits."""
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
    return digest.hexdigest()


class NoRoomError(OSError):
    """The disk has less room than an upload needs; nothing was written."""


def incoming_folder() -> Path:
    """Where uploads are written first: on the file system of the stored files."""
    given = settings.UPLOAD_TEMP_DIR
    return Path(given) if given else Path(settings.MEDIA_ROOT) / "incoming"


def require_room(size: int) -> None:
    """Raises NoRoomError where ``size`` bytes would eat into the disk's reserve."""
    folder = incoming_folder()
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < size + settings.DISK_RESERVE_BYTES:
        raise NoRoomError


class PartFile:
    """A temporary file with a random name; its size and SHA-256 grow with it.

    A process that is killed leaves it behind: ``inventory.leftovers`` finds it.
    """

    def __init__(self) -> None:
        folder = incoming_folder()
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        self.path = folder / f"{uuid4().hex}{PART_SUFFIX}"
        self.size = 0
        self._digest = hashlib.sha256()
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, FILE_MODE)
        os.fchmod(descriptor, FILE_MODE)  # whatever the umask is
        self.file: IO[bytes] = os.fdopen(descriptor, "w+b")

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        self.file.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def finish(self) -> None:
        """Everything is written; what was still in memory goes to the disk's cache."""
        self.file.flush()
        self.file.seek(0)

    def discard(self) -> None:
        """Close and delete; without effect once the file was moved away."""
        self.file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, *rest: object) -> None:
        """Delete the file if its block failed."""
        if kind is not None:
            self.discard()


class Upload(UploadedFile):
    """A received file: whole, hashed, and not yet judged.

    ``original_sha256`` is the hash of what was sent; ``sha256`` that of what is there
    now, which differs once metadata was taken out of a picture. ``key`` is where
    ``stored`` has put it.
    """

    def __init__(self, part: PartFile, name: str | None) -> None:
        super().__init__(part.file, clean_name(name), None, part.size)
        self.original_sha256 = part.sha256
        self.key: str | None = None
        self._part = part

    @classmethod
    def of(cls, name: str, content: bytes) -> Upload:
        """An upload made from bytes at hand."""
        with PartFile() as part:
            part.write(content)
            part.finish()
        return cls(part, name)

    @property
    def sha256(self) -> str:
        return self._part.sha256

    def temporary_file_path(self) -> str:
        return str(self._part.path)

    def replace_with(self, part: PartFile) -> None:
        """Be the content of another temporary file from now on."""
        self._part.discard()
        self._part, self.file, self.size = part, part.file, part.size

    def close(self) -> None:
        """Delete the temporary file; Django calls it at the end of the request."""
        self._part.discard()

    def discard(self) -> None:
        """Delete the stored file: no row was written."""
        self.close()
        if self.key is not None:
            default_storage.delete(self.key)
            self.key = None
