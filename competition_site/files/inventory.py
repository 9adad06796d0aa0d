"""What lies in the storages: for the check that compares it with the rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.core.files.storage import default_storage

from competition_site.files.uploads import PART_SUFFIX, incoming_folder


def stored_keys(folder: str) -> Iterator[str]:
    """The keys of the files below a folder of the storage, in order."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever stored there
        return
    yield from (f"{folder}/{name}" for name in sorted(files))
    for name in sorted(folders):
        yield from stored_keys(f"{folder}/{name}")


def leftover_parts(*, older_than: timedelta) -> Iterator[Path]:
    """Temporary files of uploads that a process left behind when it was killed.

    They are on this machine's disk, whatever the storage is.
    """
    oldest = time.time() - older_than.total_seconds()
    for part in sorted(incoming_folder().glob(f"*{PART_SUFFIX}")):
        try:
            written = part.stat().st_mtime
        except FileNotFoundError:  # its upload has ended in the meantime
            continue
        if written < oldest:
            yield part
