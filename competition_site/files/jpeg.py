"""JPEG: the picture copied as it is, its metadata left out."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import IO

from competition_site.files.pictures import (
    orientation,
    orientation_only,
    require_size,
)
from competition_site.files.refusals import broken
from competition_site.files.uploads import PartFile

SIGNATURE = b"\xff\xd8\xff"

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_KEPT = _FRAMES | {0xC4, 0xCC, 0xDB, 0xDD, _SCAN}
_JFIF, _EXIF, _COLOUR_PROFILE, _ADOBE = 0xE0, 0xE1, 0xE2, 0xEE
_IGNORED = frozenset(range(0xE0, 0xF0)) | {0xFE}
_MARKER = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])")
_CHUNK = 65536
_MOST_SCANS = 100
_MOST_SEGMENTS = 5000


def clean(source: IO[bytes], target: PartFile) -> None:
    """Copy the picture: frames, tables, scans, colour profile and which way is up.

    Raises RuleViolation("validation_error") for one that is damaged, ends early or is
    too large.
    """
    if source.read(2) != SIGNATURE[:2]:
        raise broken()
    target.write(SIGNATURE[:2])
    copy = _Copy(source, target)
    for _ in range(_MOST_SEGMENTS):
        marker = _next_marker(source)
        if marker == _END:
            copy.finish()
            return
        copy.take(marker, _segment(source))
    raise broken()


class _Copy:
    """Takes one segment after the other."""

    def __init__(self, source: IO[bytes], target: PartFile) -> None:
        self._source, self._target = source, target
        self._turned, self._frames, self._scans = 1, 0, 0

    def take(self, marker: int, content: bytes) -> None:
        if marker in _FRAMES:
            self._frames += 1
            require_size(*_dimensions(content))
        if marker == _EXIF and content.startswith(b"Exif\0\0"):
            self._keep_orientation(content)
        kept = _kept(marker, content)
        if kept is not None:
            _write(self._target, marker, kept)
        if marker == _SCAN:
            self._scans += 1
            _copy_scan(self._source, self._target.write)
        if self._frames > 1 or self._scans > _MOST_SCANS:
            raise broken()

    def _keep_orientation(self, content: bytes) -> None:
        if self._turned == 1:
            self._turned = orientation(content[6:])
            if self._turned > 1:
                only = orientation_only(self._turned)
                _write(self._target, _EXIF, b"Exif\0\0" + only)

    def finish(self) -> None:
        if not self._scans or not self._frames:
            raise broken()
        self._target.write(bytes((0xFF, _END)))


def _kept(marker: int, content: bytes) -> bytes | None:
    if marker in _KEPT:
        return content
    if marker == _JFIF and content.startswith(b"JFIF\0") and len(content) >= 14:
        return content[:12] + b"\0\0"  # without its thumbnail
    if marker == _COLOUR_PROFILE and content.startswith(b"ICC_PROFILE\0"):
        return content
    if marker == _ADOBE and content.startswith(b"Adobe"):
        return content
    if marker in _IGNORED:
        return None
    raise broken()


def _next_marker(source: IO[bytes]) -> int:
    if source.read(1) != b"\xff":
        raise broken()
    marker = source.read(1)
    while marker == b"\xff":  # any number of fill bytes
        marker = source.read(1)
    if not marker:
        raise broken()
    return marker[0]


def _segment(source: IO[bytes]) -> bytes:
    head = source.read(2)
    length = int.from_bytes(head, "big") - 2
    if len(head) < 2 or length < 0:
        raise broken()
    content = source.read(length)
    if len(content) < length:
        raise broken()
    return content


def _dimensions(frame: bytes) -> tuple[int, int]:
    if len(frame) < 6:
        raise broken()
    height, width = struct.unpack_from(">HH", frame, 1)
    return width, height


def _write(target: PartFile, marker: int, content: bytes) -> None:
    target.write(struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content)


def _copy_scan(source: IO[bytes], write: Callable[[bytes], None]) -> None:
    """Copy up to the next marker that isn't part of the scan, and stand before it."""
    while chunk := source.read(_CHUNK):
        found = _MARKER.search(chunk)
        if found and found.end() < len(chunk):
            write(chunk[: found.start()])
            source.seek(found.start() - len(chunk), 1)
            return
        whole = len(chunk) - 1 if chunk.endswith(b"\xff") else len(chunk)
        if not whole:
            break  # the file ends in the middle of a marker
        write(chunk[:whole])
        source.seek(whole - len(chunk), 1)
    raise broken()
