"""Pictures: without metadata, not a pixel changed; bombs and fragments refused."""

from __future__ import annotations

import io
import struct
import time
import zlib

import pytest
from PIL import Image

from tests.files import makers
from tests.files.judging import cleaned, judged, refused

KINDS = ("JPEG", "PNG")


def pixels(content: bytes) -> tuple[str, tuple[int, int], bytes]:
    with Image.open(io.BytesIO(content)) as image:
        return image.mode, image.size, image.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_no_longer_tells_where_it_was_taken(kind: str):
    sent = makers.photo(kind)
    assert makers.SECRET in sent  # else this test would prove nothing
    stored = cleaned(f"photo.{kind.lower()}", sent)
    assert makers.SECRET not in stored
    assert b"Exif" not in stored
    assert pixels(stored) == pixels(sent)
    with Image.open(io.BytesIO(stored)) as image:
        assert not image.getexif()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turned", [2, 3, 6, 8])
def test_which_way_is_up_stays(kind: str, turned: int):
    stored = cleaned(f"photo.{kind.lower()}", makers.photo(kind, turned=turned))
    assert makers.SECRET not in stored
    with Image.open(io.BytesIO(stored)) as image:
        assert dict(image.getexif()) == {0x0112: turned}


@pytest.mark.parametrize(
    "content",
    [
        makers.picture("JPEG", progressive=True, quality=95, subsampling=0),
        makers.picture("JPEG", mode="L"),
        makers.picture("JPEG", mode="CMYK"),
        makers.picture("JPEG", size=(900, 700), restart_marker_blocks=3),
        makers.picture("JPEG", icc_profile=b"profile" * 20_000, comment=makers.SECRET),
        makers.picture("JPEG", xmp=b"<x:xmpmeta>" + makers.SECRET),
        makers.picture("JPEG", dpi=(300, 300)),
        makers.picture("JPEG") + b"PK\x03\x04" + makers.SECRET,
    ],
    ids=["progressive", "grey", "cmyk", "restarts", "icc", "xmp", "dpi", "trailer"],
)
def test_every_kind_of_jpeg_keeps_its_pixels(content: bytes):
    stored = cleaned("photo.jpg", content)
    assert pixels(stored) == pixels(content)
    assert makers.SECRET not in stored


def test_a_second_picture_behind_the_first_goes():
    """Telephones store previews, depths and videos behind the picture."""
    buffer = io.BytesIO()
    second = Image.new("RGB", (16, 16))
    Image.new("RGB", (32, 32)).save(
        buffer, "MPO", save_all=True, append_images=[second]
    )
    stored = cleaned("photo.jpg", buffer.getvalue())
    assert stored.count(b"\xff\xd8\xff") == 1
    assert len(stored) < len(buffer.getvalue()) / 1.5


def test_a_colour_profile_stays():
    with Image.open(
        io.BytesIO(cleaned("a.jpg", makers.picture("JPEG", icc_profile=b"profile")))
    ) as image:
        assert image.info["icc_profile"] == b"profile"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (300, 200)])
def test_every_kind_of_png_keeps_its_pixels(mode: str, size: tuple[int, int]):
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, "PNG")
    content = buffer.getvalue()
    assert pixels(cleaned("a.png", content)) == pixels(content)


def test_an_interlaced_png_is_whole():
    """8 by 8 grey pixels in seven passes, each line with its filter byte."""
    lines = [1, 1, 2, 2, 2, 4, 4, 4, 4, 8, 8, 8, 8, 1, 1]
    passes = [(1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4)]
    packed = zlib.compress(b"".join(b"\0" * (1 + w) * h for w, h in passes))
    assert len(lines) == 15
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        makers.png_chunk(*chunk)
        for chunk in ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    )
    pixels(content)  # Pillow finds it whole, too
    assert cleaned("a.png", content) == content


def test_words_in_a_png_go():
    content = makers.png(
        tEXt=b"Comment\0" + makers.SECRET, tIME=b"\x07\xea\x0b\x17\0\0\0", prVt=b"x"
    )
    assert cleaned("a.png", content) == makers.png()
    assert cleaned("a.png", makers.png() + makers.SECRET) == makers.png()


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_picture_is_refused_wherever_it_is_cut(kind: str):
    content = makers.photo(kind, size=(200, 200))
    name = f"photo.{kind.lower()}"
    for end in (20, len(content) // 3, len(content) // 2, len(content) - 1):
        assert refused(name, content[:end])


@pytest.mark.parametrize(
    "content",
    [
        makers.png(50_000, 50_000, pixels=makers.ZEROS),
        makers.png(2**31 - 1, 2**31 - 1, pixels=makers.ZEROS),
        makers.png(0, 4, pixels=makers.ZEROS),
        makers.png(4, 4, pixels=makers.ZEROS),
        makers.png(900, 900, pixels=zlib.compress(b"\0" * 900)),
        makers.png(4, 4, pixels=b"junk"),
        makers.png(acTL=struct.pack(">II", 10_000, 0)),
        makers.png(EVIL=b"a critical chunk that nobody knows"),
        makers.png()[:-5] + b"\0" * 5,
        makers.picture("JPEG").replace(b"\xff\xc0", b"\xff\xc3", 1)[:200],
    ],
    ids=[
        *("50,000²", "largest", "no pixels", "too many", "too few", "junk"),
        *("10,000 frames", "unknown chunk", "wrong check", "cut jpeg"),
    ],
)
def test_a_bomb_does_not_go_off(content: bytes):
    started = time.perf_counter()
    assert refused("a.jpg" if content[:1] == b"\xff" else "a.png", content)
    assert time.perf_counter() - started < 1


def test_a_large_jpeg_frame_is_refused():
    content = bytearray(makers.picture("JPEG"))
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", 50_000, 50_000)
    assert "megapixels" in str(refused("a.jpg", bytes(content))[0])


def test_as_many_pixels_as_the_limit_says(settings):
    settings.MAX_IMAGE_PIXELS = 60 * 40
    assert judged("a.png", makers.picture("PNG"))
    settings.MAX_IMAGE_PIXELS -= 1
    assert refused("a.png", makers.picture("PNG"))


def test_tables_of_tags_that_lead_nowhere_do_no_harm():
    for junk in (b"II*\0\xff\xff\xff\xff", b"MM\0*" + b"\0" * 4, b"II*\0", b"", b"x"):
        content = makers.picture("JPEG", exif=b"Exif\0\0" + junk)
        assert b"Exif" not in cleaned("a.jpg", content)
