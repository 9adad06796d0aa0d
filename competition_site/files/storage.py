"""Local disk storage: a stored file is whole and on disk, or it isn't there at all."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class AtomicFileSystemStorage(FileSystemStorage):
    """Django's file storage, writing to a temporary name, fsync, then rename."""

    def _save(self, name: str, content: File) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(
            mode=self.directory_permissions_mode or 0o750, parents=True, exist_ok=True
        )
        temporary = target.with_name(f"{target.name}.{uuid4().hex}.part")
        try:
            _write(temporary, content, self.file_permissions_mode or 0o640)
            temporary.rename(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_directory(target.parent)
        return str(name).replace("\\", "/")


def _write(path: Path, content: File, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in content.chunks():
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
