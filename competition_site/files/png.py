"""PNG: the picture copied as it is, its metadata left out."""

from __future__ import annotations

import struct
import zlib
from typing import IO

from django.utils.translation import gettext_lazy as _

from competition_site.files.pictures import (
    orientation,
    orientation_only,
    require_size,
)
from competition_site.files.refusals import broken, file_refused
from competition_site.files.uploads import PartFile

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_KEPT = frozenset(
    b"PLTE tRNS cHRM gAMA iCCP sBIT sRGB bKGD pHYs cICP mDCV cLLI".split()
)
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_PASSES = (
    # left, top, step to the right, step down: Adam7
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
_PIECE = 65536
_LONGEST_OTHER = 2**20
_MOST_CHUNKS = 100_000


def clean(source: IO[bytes], target: PartFile) -> None:
    """Copy the picture: header, palette, pixels, colours and which way is up.

    Raises RuleViolation("validation_error") for one that is damaged, ends early, is
    animated or too large.
    """
    if source.read(len(SIGNATURE)) != SIGNATURE:
        raise broken()
    target.write(SIGNATURE)
    length, kind = _head(source)
    if (length, kind) != (13, b"IHDR"):
        raise broken()
    header = _content(source, kind, length)
    pixels = _Pixels(header)
    _write(target, kind, header)
    for _count in range(_MOST_CHUNKS):
        length, kind = _head(source)
        if kind == b"IDAT":
            _copy_pixels(source, length, target, pixels)
        elif kind == b"IEND":
            pixels.require_whole()
            _write(target, kind, _content(source, kind, length)[:0])
            return
        else:
            _copy_other(source, kind, length, target)
    raise broken()


def _copy_other(source: IO[bytes], kind: bytes, length: int, target: PartFile) -> None:
    if kind == b"acTL":
        raise file_refused(_("Animated pictures are not accepted."))
    if length > _LONGEST_OTHER:
        raise broken()
    content = _content(source, kind, length)
    if kind == b"eXIf" and (turned := orientation(content)) > 1:
        _write(target, kind, orientation_only(turned))
    elif kind in _KEPT:
        _write(target, kind, content)
    elif kind[:1].isupper():
        raise broken()  # readers must know each of these


class _Pixels:
    """Unpacks the pixels to count them, piece by piece, and keeps none."""

    def __init__(self, header: bytes) -> None:
        width, height, depth, colour, *_ways, interlaced = struct.unpack(
            ">IIBBBBB", header
        )
        if depth not in _DEPTHS.get(colour, ()) or interlaced > 1:
            raise broken()
        require_size(width, height)
        bits = depth * _CHANNELS[colour]
        passes = _PASSES if interlaced else ((0, 0, 1, 1),)
        self._left = sum(_bytes_of(width, height, bits, p) for p in passes)
        self._unpacker = zlib.decompressobj()

    def add(self, packed: bytes) -> None:
        more = True
        while more:
            try:
                count = len(self._unpacker.decompress(packed, _PIECE))
            except zlib.error:
                raise broken() from None
            self._left -= count
            if self._left < 0:
                raise broken()
            packed = self._unpacker.unconsumed_tail
            more = bool(packed) or count == _PIECE

    def require_whole(self) -> None:
        if self._left or not self._unpacker.eof:
            raise broken()


def _bytes_of(
    width: int, height: int, bits: int, part: tuple[int, int, int, int]
) -> int:
    """The bytes of one pass: each line has one more, for its filter."""
    left, top, right, down = part
    columns = -(-(width - left) // right)
    lines = -(-(height - top) // down)
    return lines * (1 + -(-columns * bits // 8)) if columns > 0 and lines > 0 else 0


def _copy_pixels(
    source: IO[bytes], length: int, target: PartFile, pixels: _Pixels
) -> None:
    target.write(struct.pack(">I", length) + b"IDAT")
    check = zlib.crc32(b"IDAT")
    while length:
        piece = source.read(min(length, _PIECE))
        if not piece:
            raise broken()
        check = zlib.crc32(piece, check)
        pixels.add(piece)
        target.write(piece)
        length -= len(piece)
    _require_check(source, check)
    target.write(struct.pack(">I", check))


def _head(source: IO[bytes]) -> tuple[int, bytes]:
    head = source.read(8)
    if len(head) < 8:
        raise broken()
    return int.from_bytes(head[:4], "big"), head[4:]


def _content(source: IO[bytes], kind: bytes, length: int) -> bytes:
    content = source.read(length)
    if len(content) < length:
        raise broken()
    _require_check(source, zlib.crc32(kind + content))
    return content


def _require_check(source: IO[bytes], check: int) -> None:
    if source.read(4) != struct.pack(">I", check):
        raise broken()


def _write(target: PartFile, kind: bytes, content: bytes) -> None:
    check = zlib.crc32(kind + content)
    target.write(struct.pack(">I", len(content)) + kind + content)
    target.write(struct.pack(">I", check))
