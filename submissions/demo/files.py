"""Real files, the same bytes each time: a PDF, a drawn student card, an archive."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256

from competition_site.files.content import EXTENSIONS, require_content
from competition_site.files.stored import StoredFile, stored
from competition_site.files.uploads import Upload

Colour = tuple[int, int, int]

_WIDTH, _HEIGHT = 428, 270  # the proportions of an ID-1 card
_WHITE, _INK, _SKIN = (250, 250, 250), (70, 76, 88), (222, 184, 150)
_MAXIMUM_BYTES = 1024 * 1024
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


def upload(
    name: str, content: bytes, *, folder: str
) -> AbstractContextManager[StoredFile]:
    """Store a file as the API would, for a block that writes its row."""
    file = Upload.of(name, content)
    try:
        content_type = require_content(
            file, allowed=EXTENSIONS, maximum_bytes=_MAXIMUM_BYTES
        )
    except BaseException:
        file.close()
        raise
    return stored(file, folder=folder, content_type=content_type)


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """One A4 page of text in Helvetica."""
    shown = [f"/F1 20 Tf 72 760 Td ({_escaped(title)}) Tj /F1 11 Tf 0 -36 Td"]
    shown += [f"({_escaped(line)}) Tj 0 -16 Td" for line in lines]
    page = f"BT {' '.join(shown)} ET".encode("cp1252", "replace")
    return _pdf_file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica "
            b"/Encoding /WinAnsiEncoding >>",
        ]
    )


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _pdf_file(objects: Iterable[bytes]) -> bytes:
    """Number the objects and write the table of where each begins."""
    content = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    table = [b"0000000000 65535 f \n"]
    for number, body in enumerate(objects, start=1):
        table.append(b"%010d 00000 n \n" % len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(content)
    content += b"xref\n0 %d\n%s" % (len(table), b"".join(table))
    content += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % len(table)
    return bytes(content + b"startxref\n%d\n%%%%EOF\n" % start)


def student_card(name: str, university: str) -> bytes:
    """A card in its university's colour: a portrait, and bars for the words."""
    digest = sha256(university.encode()).digest()
    colour: Colour = (40 + digest[0] // 2, 40 + digest[1] // 2, 60 + digest[2] // 2)
    canvas = Canvas(_WIDTH, _HEIGHT, _WHITE)
    canvas.rectangle(0, 0, _WIDTH, 64, colour=colour)
    canvas.bars(24, 26, university, colour=_WHITE)
    canvas.rectangle(24, 88, 140, 240, colour=(214, 222, 232))
    canvas.disc(82, 140, 30, colour=_SKIN)
    canvas.disc(82, 240, 54, colour=colour, below=240)
    for row, text in enumerate((name, name[::-1], university[:14])):
        canvas.bars(172, 104 + 36 * row, text, colour=_INK)
    canvas.rectangle(0, _HEIGHT - 12, _WIDTH, _HEIGHT, colour=colour)
    return canvas.png()


class Canvas:
    """A picture of whole pixels."""

    def __init__(self, width: int, height: int, colour: Colour) -> None:
        self.width, self.height = width, height
        self.rows = [bytearray(bytes(colour) * width) for _ in range(height)]

    def rectangle(
        self, left: int, top: int, right: int, bottom: int, *, colour: Colour
    ) -> None:
        right = min(right, self.width)
        for row in self.rows[top:bottom]:
            row[3 * left : 3 * right] = bytes(colour) * max(0, right - left)

    def disc(
        self, x: int, y: int, radius: int, *, colour: Colour, below: int | None = None
    ) -> None:
        """A disc, cut off at the line ``below``."""
        for line in range(y - radius, min(y + radius, below or self.height)):
            half = int((radius**2 - (line - y) ** 2) ** 0.5)
            self.rectangle(x - half, line, x + half, line + 1, colour=colour)

    def bars(self, x: int, y: int, text: str, *, colour: Colour) -> None:
        """A line of text as it looks from afar: a bar for each word."""
        for word in text.split():
            self.rectangle(x, y, x + 8 * len(word), y + 12, colour=colour)
            x += 8 * len(word) + 8

    def png(self) -> bytes:
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        pixels = b"".join(b"\0" + row for row in self.rows)
        chunks = (b"IHDR", header), (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    length, check = len(content), zlib.crc32(kind + content)
    return struct.pack(">I", length) + kind + content + struct.pack(">I", check)


def archive(members: dict[str, str]) -> bytes:
    """A ZIP of text files, without a trace of when or where it was made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            member = zipfile.ZipInfo(name, _ZIP_EPOCH)
            member.create_system = _UNIX
            member.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(member, text)
    return buffer.getvalue()
