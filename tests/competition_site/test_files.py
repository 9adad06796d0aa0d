"""Uploads: judged by their bytes, stored whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from competition_site.files.content import clean_name, require_content
from competition_site.files.stored import stored
from competition_site.rules import RuleViolation
from tests.factories import PDF, PNG

TYPES = ("application/pdf", "image/png")


def files_in_storage() -> list[Path]:
    return [p for p in Path(default_storage.location).rglob("*") if p.is_file()]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [("a.pdf", PDF, "application/pdf"), ("b.PNG", PNG, "image/png")],
)
def test_content_decides_the_type(name: str, content: bytes, expected: str):
    upload = SimpleUploadedFile(name, content, content_type="text/html")
    assert require_content(upload, allowed=TYPES, maximum_bytes=1000) == expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.png", b"<html><script>alert(1)</script></html>"),
        ("image.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("card.pdf", PNG),
        ("card.png", PDF),
        ("card", PNG),
        ("archive.zip", b"PK\x05\x06" + b"\0" * 18),
        ("empty.pdf", b""),
    ],
)
def test_other_content_is_refused_and_names_the_field(name: str, content: bytes):
    upload = SimpleUploadedFile(name, content, content_type="image/png")
    with pytest.raises(RuleViolation) as refusal:
        require_content(upload, allowed=TYPES, maximum_bytes=1000)
    assert refusal.value.code == "validation_error"
    assert "file" in refusal.value.errors


def test_the_largest_size_is_the_limit_itself():
    upload = SimpleUploadedFile("a.pdf", PDF)
    assert require_content(upload, allowed=TYPES, maximum_bytes=len(PDF))
    with pytest.raises(RuleViolation) as refusal:
        require_content(upload, allowed=TYPES, maximum_bytes=len(PDF) - 1)
    assert refusal.value.code == "payload_too_large"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x.pdf", "x.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("\u202egnp.exe", "gnp.exe"),
        ("..", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_names_are_cleaned(name: str, shown: str):
    assert clean_name(name) == shown


def test_a_stored_file_is_whole_and_not_world_readable():
    upload = SimpleUploadedFile("a.pdf", PDF)
    with stored(upload, folder="documents", content_type="application/pdf") as file:
        pass
    path = Path(default_storage.path(file.key))
    assert path.read_bytes() == PDF
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert "a.pdf" not in file.key


def test_a_block_that_fails_leaves_no_file():
    before = files_in_storage()
    upload = SimpleUploadedFile("a.pdf", PDF)
    with (
        pytest.raises(RuntimeError),
        stored(upload, folder="documents", content_type="application/pdf"),
    ):
        raise RuntimeError
    assert files_in_storage() == before


def test_a_write_that_breaks_off_leaves_no_file():
    class Breaking(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"half"
            raise OSError

    before = files_in_storage()
    with pytest.raises(OSError):  # noqa: PT011 - its kind is all it says
        default_storage.save("documents/broken", Breaking(b"whole"))
    assert files_in_storage() == before
