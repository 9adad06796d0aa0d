"""A ZIP that is sent while it is made: no file is in memory, and none on the disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils import timezone

_FIRST_YEAR, _LAST_YEAR = 1980, 2107  # of the format


class _Sink:
    """Takes what the archive writes, until somebody fetches it."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._position = 0

    def write(self, content: bytes) -> int:
        self._chunks.append(bytes(content))
        self._position += len(content)
        return len(content)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        pass

    def fetch(self) -> bytes:
        content, self._chunks = b"".join(self._chunks), []
        return content


class ZipStream:
    """Yields an archive piece by piece; of its content one chunk is held at a time.

    Files are stored as they are: what people hand in is compressed already. Sizes
    aren't known before, so each stands behind its file and may pass 4 GiB (ZIP64).
    """

    def __init__(self) -> None:
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(self._sink, "w", allowZip64=True)  # type: ignore[arg-type]

    def add(
        self, name: str, chunks: Iterable[bytes], *, at: datetime
    ) -> Iterator[bytes]:
        """Send a file that is called ``name`` in the archive."""
        with self._archive.open(_entry(name, at), "w", force_zip64=True) as member:
            for chunk in chunks:
                member.write(chunk)
                yield self._sink.fetch()

    def finish(self) -> Iterator[bytes]:
        """Send the directory, without which an archive is nothing."""
        self._archive.close()
        yield self._sink.fetch()


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    local = timezone.localtime(at)
    year = min(max(local.year, _FIRST_YEAR), _LAST_YEAR)
    moment = (year, *local.timetuple()[1:6])
    entry = zipfile.ZipInfo(name, date_time=moment)
    entry.external_attr = 0o640 << 16
    return entry
