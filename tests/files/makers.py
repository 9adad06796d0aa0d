"""Files as tools make them, and as attackers do."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw

GPS = {1: "S", 2: (7.0, 46.0, 12.0), 3: "E", 4: (110.0, 22.0, 40.0)}
SECRET = b"Jalan Kaliurang 14"
"""What stands in metadata and must not be stored."""


def picture(
    kind: str, *, size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any
) -> bytes:
    """A picture with something to see, encoded by Pillow."""
    image = Image.new(mode, size)
    if mode != "P":
        ImageDraw.Draw(image).ellipse((5, 5, size[0] // 2, size[1] // 2), fill="white")
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(*, turned: int = 1) -> bytes:
    """EXIF data with a position and a name."""
    data = Image.Exif()
    data[0x0112] = turned
    data[0x010E] = SECRET.decode()
    data.get_ifd(0x8825).update(GPS)
    return data.tobytes()


def photo(kind: str = "JPEG", *, turned: int = 1, **options: Any) -> bytes:
    """A picture as a telephone makes it: it tells where it was taken."""
    return picture(kind, exif=exif(turned=turned), **options)


def png(
    width: int = 4, height: int = 4, *, pixels: bytes | None = None, **extra: bytes
) -> bytes:
    """A grey PNG by hand; ``extra`` chunks go before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    if pixels is None:
        pixels = zlib.compress(b"\0" * (width + 1) * height)
    chunks = [(b"IHDR", header)]
    chunks += [(name.encode(), content) for name, content in extra.items()]
    chunks += [(b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


ZEROS = zlib.compress(b"\0" * 1_000_000)
"""A megabyte of pixels in a kilobyte."""


def png_chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def pdf(change: Any = None, **saving: Any) -> bytes:
    """A PDF of one page; ``change(pdf)`` adds to it before it is saved."""
    with pikepdf.new() as file:
        file.add_blank_page(page_size=(200, 200))
        if change is not None:
            change(file)
        buffer = io.BytesIO()
        file.save(buffer, **saving)
    return buffer.getvalue()


def script(pdf: pikepdf.Pdf) -> None:
    """Runs when the document is opened."""
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def named_script(pdf: pikepdf.Pdf) -> None:
    action = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
    names = Dictionary(Names=Array([String("a"), pdf.make_indirect(action)]))
    pdf.Root.Names = Dictionary(JavaScript=names)


def page_script(pdf: pikepdf.Pdf) -> None:
    action = Dictionary(S=Name.JavaScript, JS=pdf.make_stream(b"app.alert(1)"))
    pdf.pages[0].AA = Dictionary(O=action)


def program(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.Launch, F=String("cmd.exe"))


def chained_program(pdf: pikepdf.Pdf) -> None:
    """A harmless action, after which comes another one."""
    launch = Dictionary(S=Name.Launch, F=String("cmd.exe"))
    destination = Array([pdf.pages[0].obj, Name.Fit])
    pdf.Root.OpenAction = Dictionary(S=Name.GoTo, D=destination, Next=Array([launch]))


def attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["evil.exe"] = b"MZ"


def attachment_on_page(pdf: pikepdf.Pdf) -> None:
    file = pdf.make_stream(b"MZ", Type=Name.EmbeddedFile)
    note = Dictionary(
        Type=Name.Annot,
        Subtype=Name.FileAttachment,
        Rect=Array([0, 0, 9, 9]),
        FS=Dictionary(Type=Name.Filespec, EF=Dictionary(F=file)),
    )
    pdf.pages[0].Annots = Array([pdf.make_indirect(note)])


def form_with_program(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xdp/>"))


def links(pdf: pikepdf.Pdf) -> None:
    """What reports of students are full of, words in question included."""
    link = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Link,
        Rect=Array([0, 0, 9, 9]),
        A=Dictionary(
            S=Name.URI,
            URI=String("https://developer.mozilla.org/en-US/docs/Web/JavaScript"),
        ),
    )
    pdf.pages[0].Annots = Array([link])
    pdf.Root.OpenAction = Array([pdf.pages[0].obj, Name.Fit])
    pdf.docinfo.Title = String("On /Launch and /EmbeddedFile /JS")


def archive(
    members: Mapping[str, bytes | str] | None = None, *, level: int = 6
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(
        buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level
    ) as file:
        for name, content in (members or {"src/main.py": "print(1)\n"}).items():
            file.writestr(name, content)
    return buffer.getvalue()


def document(kind: str, **more: bytes) -> bytes:
    """An office document by its layout: ``word``, ``ppt`` or ``xl``."""
    part = {"word": "document", "ppt": "presentation", "xl": "workbook"}[kind]
    members: dict[str, bytes | str] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": "<Relationships/>",
        f"{kind}/{part}.xml": "<x/>",
    }
    return archive(members | more)


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def video(*boxes: bytes, brand: bytes = b"isom") -> bytes:
    head = box(b"ftyp", brand + b"\0\0\2\0" + b"iso2avc1")
    return head + b"".join(boxes or (box(b"moov", b"m" * 40), box(b"mdat", b"d" * 99)))


def object_stream_bomb(unpacked: int) -> bytes:
    """A small file with an object stream that unpacks to ``unpacked`` bytes."""
    packed = zlib.compress(b"4 0 " + b" " * unpacked + b"null", 9)
    content = b"%PDF-1.7\n"
    offsets = []
    for number, body in (
        (1, b"<</Type/Catalog/Pages 2 0 R>>"),
        (2, b"<</Type/Pages/Kids[3 0 R]/Count 1>>"),
        (3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"),
        (
            5,
            b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\n"
            b"endstream" % (len(packed), packed),
        ),
    ):
        offsets.append((number, len(content)))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    places = {n: (1, at, 0) for n, at in offsets} | {0: (0, 0, 255), 4: (2, 5, 0)}
    at = len(content)
    places[6] = (1, at, 0)
    table = b"".join(
        bytes([k]) + a.to_bytes(4, "big") + bytes([i])
        for _, (k, a, i) in sorted(places.items())
    )
    content += (
        b"6 0 obj\n<</Type/XRef/Size 7/W[1 4 1]/Root 1 0 R/Length %d>>stream\n%s\n"
        b"endstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (len(table), table, at)
    )
    return content
