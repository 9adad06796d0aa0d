"""ZIP and what is built of it, and MP4: judged without unpacking anything."""

from __future__ import annotations

import struct
import time
import zipfile

import pytest

from competition_site.files import archives
from tests.files import makers
from tests.files.judging import judged, refused

LINK = zipfile.ZipInfo("link")
LINK.external_attr = 0o120777 << 16
DEVICE = zipfile.ZipInfo("device")
DEVICE.external_attr = 0o060600 << 16


def with_entry(entry: zipfile.ZipInfo | str) -> bytes:
    return makers.archive({entry: b"/etc/passwd"})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "name",
    [
        *("../x", "a/../../x", "..", "/etc/passwd", "C:/x", "c:x", "..\\x", "\\x"),
        *("a\\..\\..\\x", "a/.."),
    ],
)
def test_paths_that_lead_out_are_refused(name: str):
    assert "leads out" in str(refused("a.zip", with_entry(name))[0])


@pytest.mark.parametrize(
    "name", ["a..b/c", "12:30 notes.txt", "src/", "a/b/c", "é 🎨", "x" * 500]
)
def test_other_paths_are_accepted(name: str):
    assert judged("a.zip", with_entry(name))


@pytest.mark.parametrize("entry", [LINK, DEVICE], ids=["link", "device"])
def test_links_and_devices_are_refused(entry):
    assert "link" in str(refused("a.zip", with_entry(entry))[0])


def test_encrypted_entries_are_refused():
    content = bytearray(makers.archive())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "Encrypted" in str(refused("a.zip", bytes(content))[0])


def declared(size: int) -> bytes:
    """An archive whose only entry says that it unpacks to ``size`` bytes."""
    content = bytearray(makers.archive({"zeros": b"\0" * 1000}))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<L", size)
    return bytes(content)


def test_bombs_are_known_by_what_they_say():
    assert judged("a.zip", declared(90_000_000))
    assert "unpacks" in str(refused("a.zip", declared(200_000_000))[0])
    assert "unpacks" in str(refused("a.zip", declared(2**32 - 2))[0])


def test_entries_that_share_their_bytes_are_refused():
    """A small file of overlapping entries unpacks to hundreds of terabytes."""
    content = makers.archive({"a": b"\0" * 5000, "b": b"\0" * 5000})
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    at = second + 42
    overlapping = content[:at] + struct.pack("<L", 0) + content[at + 4 :]
    assert judged("a.zip", content)
    assert refused("a.zip", overlapping)


def test_an_archive_of_too_many_files_is_refused_before_they_are_read():
    most = {f"{n}": b"" for n in range(archives.MOST_ENTRIES)}
    assert judged("a.zip", makers.archive(most))
    started = time.perf_counter()
    assert "too many" in str(refused("a.zip", makers.archive(most | {"x": b""}))[0])
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    "content",
    [
        makers.archive()[:-1],
        makers.archive()[:-30],
        makers.archive() + b"<html>",
        b"PK\x03\x04" + b"GIF89a" * 9 + makers.archive(),
        b"PK\x03\x04" + b"\0" * 100,
        makers.archive().replace(b"PK\x01\x02", b"PK\x09\x09"),
    ],
    ids=["cut", "no end", "behind", "before", "junk", "no directory"],
)
def test_what_is_no_whole_archive_is_refused(content: bytes):
    assert refused("a.zip", content)


def test_a_comment_may_stand_at_the_end():
    content = makers.archive()[:-2] + struct.pack("<H", 5) + b"hello"
    assert judged("a.zip", content)


@pytest.mark.parametrize("kind", ["word", "ppt", "xl"])
def test_documents_with_macros_are_refused(kind: str):
    suffix = {"word": "docx", "ppt": "pptx", "xl": "xlsx"}[kind]
    macros = makers.document(kind, **{f"{kind}/vbaProject.bin": b"\0"})
    assert "macros" in str(refused(f"a.{suffix}", macros)[0])
    assert judged("a.zip", macros)  # an archive may hold whatever a program holds


@pytest.mark.parametrize(
    "content",
    [
        makers.video(makers.box(b"moov"), makers.box(b"free"), makers.box(b"mdat")),
        makers.video(
            struct.pack(">I4sQ", 1, b"mdat", 20) + b"dddd", makers.box(b"moov")
        ),
        makers.video(makers.box(b"moov"), struct.pack(">I4s", 0, b"mdat") + b"d" * 50),
    ],
    ids=["usual", "64 bit", "to the end"],
)
def test_whole_videos_are_accepted(content: bytes):
    assert judged("a.mp4", content) == "video/mp4"


@pytest.mark.parametrize(
    "content",
    [
        makers.video()[:-1],
        makers.video() + b"<script>",
        makers.video(makers.box(b"moov")),
        makers.video(brand=b"qt  ").replace(b"iso2avc1", b"qt  qt  "),
        makers.video(struct.pack(">I4s", 3, b"moov"), makers.box(b"mdat")),
        b"\0\0\0\x0cftypisom<html><script>alert(1)</script>",
    ],
    ids=["cut", "behind", "no content", "quicktime", "lying box", "html"],
)
def test_what_is_no_whole_video_is_refused(content: bytes):
    assert refused("a.mp4", content)
