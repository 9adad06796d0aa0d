"""What PNG and JPEG have in common: the largest picture, and which way is up.

Metadata (EXIF with its GPS position, XMP, comments, thumbnails, a second picture or
whatever else behind the end) is left out while the picture's own bytes are copied as
they are. Nothing is decoded, so no quality is lost and no bomb goes off.
"""

from __future__ import annotations

import struct

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from competition_site.files.refusals import broken, file_refused

_ORIENTATION = 0x0112
_SHORT = 3
_TURNED = range(2, 9)
_MOST_TAGS = 512


def require_size(width: int, height: int) -> None:
    """Refuse a picture of no pixels, or too many: RuleViolation("validation_error")."""
    if not width or not height:
        raise broken()
    if width * height > settings.MAX_IMAGE_PIXELS:
        text = _("A picture may have %(count)d megapixels at most.")
        raise file_refused(text % {"count": settings.MAX_IMAGE_PIXELS // 1_000_000})


def orientation(tiff: bytes) -> int:
    """The orientation (1 to 8) that EXIF data tells; 1 where it tells none."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(min(count, _MOST_TAGS)):
            tag, kind, _, value = struct.unpack_from(
                order + "HHIH", tiff, start + 2 + 12 * entry
            )
            if (tag, kind) == (_ORIENTATION, _SHORT) and value in _TURNED:
                return int(value)
    except struct.error:
        return 1
    return 1


def orientation_only(value: int) -> bytes:
    """EXIF data that tells an orientation and nothing else."""
    entry = struct.pack(">HHIHH", _ORIENTATION, _SHORT, 1, value, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
