"""Local disk storage: a stored file is whole and on disk, or it isn't there at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from competition_site.files.uploads import FILE_MODE, PART_SUFFIX

FOLDER_MODE = 0o750


class AtomicFileSystemStorage(FileSystemStorage):
    """Django's file storage, writing to a temporary name, fsync, then rename.

    An upload lies on the same file system already and is only synced and renamed.
    """

    def _save(self, name: str, content: File) -> str:
        target = Path(self.path(name))
        _make_folders(target.parent)
        if not _moved(content, target):
            _copy(content, target)
        _sync_directory(target.parent)
        return str(name).replace("\\", "/")


def _make_folders(folder: Path) -> None:
    """``mkdir -p`` in which the umask has no say."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        each.chmod(FOLDER_MODE)
        _sync_directory(each.parent)


def _moved(content: File, target: Path) -> bool:
    """Whether the content was a file beside its target, which is now renamed."""
    if not hasattr(content, "temporary_file_path"):
        return False
    source = Path(content.temporary_file_path())
    _sync(source)
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


def _copy(content: File, target: Path) -> None:
    temporary = target.with_name(f"{target.name}.{uuid4().hex}{PART_SUFFIX}")
    try:
        _write(temporary, content)
        temporary.rename(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _write(path: Path, content: File) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, FILE_MODE)
        for chunk in content.chunks():
            file.write(chunk)
        file.flush()
        os.fsync(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_sync_directory = _sync
