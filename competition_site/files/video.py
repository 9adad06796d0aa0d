"""MP4: the boxes at its top level, which must add up to the file."""

from __future__ import annotations

import struct
from typing import IO

from competition_site.files.refusals import broken

_BRANDS = frozenset(
    [*b"isom iso2 iso4 iso5 iso6 mp41 mp42 avc1 MSNV dash".split(), b"M4V "]
)
_LONGEST_FTYP = 4096
_MOST_BOXES = 20_000


def require_whole(source: IO[bytes], *, size: int) -> None:
    """Raises RuleViolation("validation_error") unless the file is one whole MP4."""
    at, kinds = 0, set()
    for _ in range(_MOST_BOXES):
        length, kind = _box(source, at, size)
        if at == 0:
            _require_brand(source, length, kind)
        kinds.add(kind)
        at += length
        if at >= size:
            break
    if at != size or not {b"moov", b"mdat"} <= kinds:
        raise broken()


def _box(source: IO[bytes], at: int, size: int) -> tuple[int, bytes]:
    """The box's length, header included, and its kind."""
    source.seek(at)
    head = source.read(16)
    if len(head) < 8:
        raise broken()
    length, kind = struct.unpack_from(">I4s", head)
    smallest = 8
    if length == 1 and len(head) == 16:
        (length,), smallest = struct.unpack_from(">Q", head, 8), 16
    elif length == 0:
        length = size - at  # up to the end of the file
    if length < smallest:
        raise broken()
    return length, kind


def _require_brand(source: IO[bytes], length: int, kind: bytes) -> None:
    if kind != b"ftyp" or not 16 <= length <= _LONGEST_FTYP:
        raise broken()
    source.seek(8)
    content = source.read(length - 8)
    brands = {content[:4]} | {content[i : i + 4] for i in range(8, len(content), 4)}
    if not brands & _BRANDS:
        raise broken()
