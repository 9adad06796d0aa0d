"""ZIP, and office formats built of it: judged from the directory, never unpacked."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from collections.abc import Sequence
from typing import IO

from django.utils.translation import gettext_lazy as _

from competition_site.files.refusals import broken, file_refused
from competition_site.rules import RuleViolation

MOST_ENTRIES = 10_000
MOST_BYTES_UNPACKED = 4 * 2**30
MOST_TIMES_LARGER = 200
"""How much larger than itself an archive may say it is, once that is over 100 MB."""

_SMALL = 100 * 2**20
_LARGEST_DIRECTORY = 4 * 2**20
_END = struct.Struct("<4s4H2LH")
_LOCATOR_64 = b"PK\x06\x07"
_LOCAL_HEADER = 30
_ENCRYPTED = 0x1 | 0x40
_OUTSIDE = re.compile(r"/|[A-Za-z]:")
_MACROS = ("vbaproject.bin", "vbadata.xml")
_OFFICE_PARTS = {
    "word/document.xml": "word",
    "ppt/presentation.xml": "ppt",
    "xl/workbook.xml": "xl",
}


def office_kind(source: IO[bytes]) -> str | None:
    """``word``, ``ppt`` or ``xl`` where the archive is laid out as such a document."""
    names = {entry.filename for entry in _entries(source)}
    if "[Content_Types].xml" not in names:
        return None
    kinds = [kind for part, kind in _OFFICE_PARTS.items() if part in names]
    return kinds[0] if len(kinds) == 1 else None


def require_harmless(source: IO[bytes], *, size: int, office: bool) -> None:
    """Refuse what nobody can unpack without harm: an encrypted archive, paths that lead
    out of it, links, entries that overlap, a bomb. An office document has no macros.

    Raises RuleViolation("validation_error").
    """
    entries = _entries(source)
    for entry in entries:
        _require_sound(entry)
    _require_unpackable(entries, size)
    _require_apart(entries)
    if office and any(e.filename.lower().endswith(_MACROS) for e in entries):
        raise file_refused(_("Documents with macros are not accepted."))


def _entries(source: IO[bytes]) -> Sequence[zipfile.ZipInfo]:
    _require_small_directory(source)
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error):
        raise broken() from None
    if not entries:
        raise broken()
    return entries


def _require_small_directory(source: IO[bytes]) -> None:
    """Look at the end record first: the library reads the whole directory at once."""
    end = source.seek(0, 2)
    start = max(0, end - _END.size - 65535)
    source.seek(start)
    tail = source.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) - found < _END.size:
        raise broken()
    _, disk, first_disk, here, count, length, offset, comment = _END.unpack_from(
        tail, found
    )
    if found + _END.size + comment != len(tail) or (disk, first_disk) != (0, 0):
        raise broken()
    large = tail[max(0, found - 20) : found].startswith(_LOCATOR_64)
    if large or count > MOST_ENTRIES or length > _LARGEST_DIRECTORY:
        raise _too_many()
    if here != count or offset + length != start + found:
        raise broken()  # something stands before, between or behind


def _require_sound(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & _ENCRYPTED:
        raise file_refused(_("Encrypted archives are not accepted."))
    name = entry.orig_filename.replace("\\", "/")
    if not name or "\0" in name or _OUTSIDE.match(name) or ".." in name.split("/"):
        raise file_refused(_("The archive holds a path that leads out of it."))
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise file_refused(_("The archive holds a link or a device."))


def _require_unpackable(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    bomb = unpacked > _SMALL and unpacked > MOST_TIMES_LARGER * size
    if bomb or unpacked > MOST_BYTES_UNPACKED:
        raise _too_many()


def _require_apart(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Each entry's bytes are its own: a small file could unpack without end."""
    end = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        if entry.header_offset < end:
            raise broken()
        header = _LOCAL_HEADER + len(entry.filename)
        end = entry.header_offset + header + entry.compress_size


def _too_many() -> RuleViolation:
    text = _("The archive holds too many files, or unpacks to too much.")
    return file_refused(text)
