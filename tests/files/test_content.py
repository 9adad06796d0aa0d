"""Uploads are judged by their bytes, never by their name or header."""

from __future__ import annotations

from pathlib import Path

import pytest

from competition_site.files.content import EXTENSIONS, require_content
from competition_site.files.names import clean_name
from competition_site.files.uploads import Upload, incoming_folder
from competition_site.rules import RuleViolation
from tests.factories import PDF, PNG
from tests.files import makers
from tests.files.judging import judged, refused


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF),
        ("b.PNG", PNG),
        ("c.jpg", makers.picture("JPEG")),
        ("c.jpeg", makers.picture("JPEG")),
        ("d.zip", makers.archive()),
        ("e.docx", makers.document("word")),
        ("e.zip", makers.document("word")),
        ("f.pptx", makers.document("ppt")),
        ("g.xlsx", makers.document("xl")),
        ("h.mp4", makers.video()),
    ],
)
def test_content_and_extension_decide_the_type(name: str, content: bytes):
    found = judged(name, content)
    assert Path(name).suffix.lower() in EXTENSIONS[found]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.png", b"<html><script>alert(1)</script></html>"),
        ("page.pdf", b"<!doctype html><script>alert(1)</script>"),
        ("page.pdf", b"%PDF-1.7\n<html><script>alert(1)</script></html>"),
        ("page.jpg", b"\xff\xd8\xff<html><script>alert(1)</script></html>"),
        ("page.png", b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>"),
        ("image.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("image.png", b"<?xml version='1.0'?><svg onload='alert(1)'/>"),
        ("code.js", b"alert(1)"),
        ("code.zip", b"#!/bin/sh\n"),
        ("card.pdf", PNG),
        ("card.png", PDF),
        ("card", PNG),
        ("card.png.exe", PNG),
        ("work.docx", makers.document("ppt")),
        ("work.docx", makers.archive()),
        ("anim.gif", makers.picture("GIF")),
        ("empty.zip", b"PK\x05\x06" + b"\0" * 18),
        ("empty.pdf", b""),
        ("short.pdf", b"%PDF-"),
        ("short.mp4", b"\0\0\0\x18ftyp"),
        ("junk.pdf", bytes(range(256)) * 8),
    ],
)
def test_other_content_is_refused_and_names_the_field(name: str, content: bytes):
    assert refused(name, content)


def test_a_type_outside_of_the_list_is_refused_by_naming_the_list():
    texts = refused("a.png", PNG, allowed=("application/pdf", "application/zip"))
    assert [str(text) for text in texts] == ["Accepted are: PDF, ZIP."]


def test_the_largest_size_is_the_limit_itself():
    for size in (0, 1):
        upload = Upload.of("a.pdf", PDF)
        assert require_content(
            upload, allowed=EXTENSIONS, maximum_bytes=len(PDF) + size
        )
        upload.close()
    upload = Upload.of("a.pdf", PDF)
    with pytest.raises(RuleViolation) as refusal:
        require_content(upload, allowed=EXTENSIONS, maximum_bytes=len(PDF) - 1)
    upload.close()
    assert refusal.value.code == "payload_too_large"


def test_judging_leaves_no_temporary_file():
    judged("c.jpg", makers.photo())
    refused("c.jpg", makers.photo()[:-9])
    assert not list(incoming_folder().glob("*"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x.pdf", "x.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\0b.pdf", "ab.pdf"),
        ("a\ufffdb.pdf", "ab.pdf"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        (None, "file"),
        ("/", "file"),
        ("   ", "file"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("CON", "_CON"),
        ("con.pdf", "_con.pdf"),
        ("lpt1.tar.pdf", "_lpt1.tar.pdf"),
        ("constant.pdf", "constant.pdf"),
        ("%2e%2e%2fx.pdf", "%2e%2e%2fx.pdf"),
        ("karya 🎨 é.pdf", "karya 🎨 é.pdf"),
        ("e\u0301.pdf", "é.pdf"),
        ("a\u2028b\u00a0c.pdf", "ab c.pdf"),
    ],
)
def test_names_are_cleaned(name: str | None, shown: str):
    assert clean_name(name) == shown
