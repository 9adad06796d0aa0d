"""The manifest of an archive: as CSV for people, as JSON for programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Any

from competition_site.spreadsheets import safe_cell

Entry = dict[str, Any]

_CHUNK = 64 * 1024
_IN_MEMORY = 1024 * 1024
_COLUMNS = (
    "folder",
    "team_name",
    "submission",
    "version",
    "submitted_at",
    "late",
    "receipt",
    "receipt_valid",
    "title",
    "summary",
    "link_url",
)
_FILE_COLUMNS = ("path", "size", "sha256", "status")


class Manifest:
    """Entries one after the other, kept in temporary files until they are sent."""

    def __enter__(self) -> Manifest:
        with ExitStack() as stack:
            self._rows, self._objects = (
                stack.enter_context(
                    SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="")
                )
                for _ in range(2)
            )
            self._stack = stack.pop_all()
        self._table = csv.writer(self._rows)
        self._table.writerow([*_COLUMNS, *_FILE_COLUMNS])
        self._comma = ""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def add(self, entry: Entry) -> None:
        """A version: a line for each of its files, or one for a link or text alone."""
        common = [safe_cell(entry[column]) for column in _COLUMNS]
        for file in entry["files"] or [dict.fromkeys(_FILE_COLUMNS, "")]:
            own = [safe_cell(file[column]) for column in _FILE_COLUMNS]
            self._table.writerow([*common, *own])
        self._objects.write(f"{self._comma}{_json(entry)}")
        self._comma = ",\n"

    def table(self) -> Iterator[bytes]:
        """``manifest.csv``."""
        return _content(self._rows)

    def document(self, head: Mapping[str, Any]) -> Iterator[bytes]:
        """``manifest.json``: what ``head`` says of the whole, then the entries."""
        yield f'{_json(head)[:-1]}, "entries": [\n'.encode()
        yield from _content(self._objects)
        yield b"\n]}\n"


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _content(spooled: IO[str]) -> Iterator[bytes]:
    spooled.seek(0)
    while text := spooled.read(_CHUNK):
        yield text.encode()
