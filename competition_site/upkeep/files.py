"""Files without rows, rows without files, and what half a write left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from competition_site.clock import now
from competition_site.db.batches import SIZE, in_batches
from competition_site.files.inventory import leftover_parts, stored_keys
from competition_site.upkeep.checks import Finding, check, name_of

ROWLESS = timedelta(hours=1)
"""How old a file without a row is before it counts: uploads are stored first."""


@dataclass(frozen=True)
class Keepers:
    """Rows that each name a stored file, all in one folder of the storage."""

    rows: QuerySet[Any]
    column: str
    folder: str

    def holding(self, keys: list[str]) -> set[str]:
        held = self.rows.filter(**{f"{self.column}__in": keys})
        return set(held.values_list(self.column, flat=True))


_keepers: list[Keepers] = []


def keeps_files(rows: QuerySet[Any], column: str, *, folder: str) -> None:
    """Say which rows name a stored file, and the folder that belongs to them alone."""
    _keepers.append(Keepers(rows, column, folder))


def keepers() -> list[Keepers]:
    """All rows that name stored files."""
    return list(_keepers)


@check("missing_files")
def rows_without_files() -> Iterator[Finding]:
    """Rows whose stored file is gone; only a backup brings it back."""
    for keepers in _keepers:
        for batch in in_batches(keepers.rows.all()):
            for row in batch:
                key = getattr(row, keepers.column)
                if not default_storage.exists(key):
                    yield Finding(f"{name_of(row)} {keepers.column}", key, "a file")


@check("stray_files")
def files_without_rows() -> Iterator[Finding]:
    """Files that no row names, an hour after they were stored, and halves of files."""
    for folder in sorted({keepers.folder for keepers in _keepers}):
        names = stored_keys(folder)
        while batch := list(islice(names, SIZE)):
            held = _held(folder, batch)
            for name in batch:
                if name not in held and _is_old(name):
                    mend = partial(_delete, folder, name)
                    yield Finding(f"file {name}", "stored", "named by a row", mend)


@check("leftover_parts")
def leftovers_of_uploads() -> Iterator[Finding]:
    """Temporary files of uploads that a killed process left on this machine."""
    for part in leftover_parts(older_than=ROWLESS):
        mend = partial(_unlink, part)
        yield Finding(f"file {part.name}", "left behind", "gone", mend)


def _unlink(part: Path) -> bool:
    part.unlink(missing_ok=True)
    return True


def _held(folder: str, names: list[str]) -> set[str]:
    own = (kept for kept in _keepers if kept.folder == folder)
    return set().union(*(kept.holding(names) for kept in own))


def _is_old(name: str) -> bool:
    try:
        return now() - default_storage.get_modified_time(name) > ROWLESS
    except FileNotFoundError:  # deleted in the meantime
        return False


def _delete(folder: str, name: str) -> bool:
    """Delete a file that still is old and without a row."""
    if name in _held(folder, [name]) or not _is_old(name):
        return False
    default_storage.delete(name)
    return True
