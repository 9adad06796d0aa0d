"""PDFs: nothing that runs, nothing that carries files, nothing that never ends."""

from __future__ import annotations

import time

import pikepdf
import pytest
from pikepdf import ObjectStreamMode

from competition_site.files import pdf as judges
from tests.factories import PDF
from tests.files import makers
from tests.files.judging import judged, refused

PACKED = {"object_stream_mode": ObjectStreamMode.generate, "compress_streams": True}
ACTIVE = [
    makers.script,
    makers.named_script,
    makers.page_script,
    makers.program,
    makers.chained_program,
    makers.form_with_program,
]
FILES = [makers.attachment, makers.attachment_on_page]


@pytest.mark.parametrize("saving", [{}, PACKED], ids=["plain", "object streams"])
@pytest.mark.parametrize("change", ACTIVE, ids=lambda change: change.__name__)
def test_what_runs_is_refused(change, saving):
    content = makers.pdf(change, **saving)
    assert "scripts" in str(refused("a.pdf", content)[0])


@pytest.mark.parametrize("saving", [{}, PACKED], ids=["plain", "object streams"])
@pytest.mark.parametrize("change", FILES, ids=lambda change: change.__name__)
def test_what_carries_files_is_refused(change, saving):
    content = makers.pdf(change, **saving)
    assert "other files" in str(refused("a.pdf", content)[0])


@pytest.mark.parametrize("saving", [{}, PACKED], ids=["plain", "object streams"])
def test_links_and_words_in_question_are_no_reason(saving):
    assert judged("a.pdf", makers.pdf(makers.links, **saving)) == "application/pdf"


def test_names_with_escapes_are_read():
    plain = makers.pdf(makers.script)
    for name in (b"/J#61vaScript", b"/#4aavaScript", b"/#4A#61#76#61#53cript"):
        escaped = plain.replace(b"/JavaScript", name).replace(b"/JS", b"/J#53")
        assert b"/JavaScript" not in escaped
        assert refused("a.pdf", escaped)


def test_a_script_behind_a_broken_table_is_found():
    content = makers.pdf(makers.script).replace(b"startxref", b"startxxxx")
    assert refused("a.pdf", content)


def test_a_script_in_a_later_revision_is_found():
    action = b"/OpenAction<</S/JavaScript/JS(x)>>"
    catalog = b"<</Type/Catalog/Pages 2 0 R" + action + b">>"
    base = PDF + b"\n1 0 obj\n" + catalog + b"\nendobj\n"
    at = base.index(b"\n1 0 obj", len(PDF) - 2) + 1
    later = base + b"xref\n1 1\n%010d 00000 n \ntrailer\n" % at
    later += b"<</Size 4/Root 1 0 R/Prev 166>>\nstartxref\n%d\n%%%%EOF\n" % len(base)
    assert "scripts" in str(refused("a.pdf", later)[0])


def test_one_that_asks_for_a_password_is_refused():
    locked = makers.pdf(encryption=pikepdf.Encryption(owner="o", user="u"))
    assert "password" in str(refused("a.pdf", locked)[0])
    only_printing = makers.pdf(encryption=pikepdf.Encryption(owner="o", user=""))
    assert judged("a.pdf", only_printing)


def test_a_script_in_one_that_anybody_opens_is_found():
    locked = makers.pdf(
        makers.script, encryption=pikepdf.Encryption(owner="o", user="")
    )
    assert "scripts" in str(refused("a.pdf", locked)[0])


def test_a_bomb_does_not_go_off():
    assert judged("a.pdf", makers.object_stream_bomb(1000))
    content = makers.object_stream_bomb(200_000_000)
    assert len(content) < 1_000_000
    started = time.perf_counter()
    assert refused("a.pdf", content)
    assert time.perf_counter() - started < 3


def test_objects_that_only_others_could_unpack_are_refused():
    content = makers.object_stream_bomb(1000).replace(b"/FlateDecode", b"/FlateDecodf")
    assert refused("a.pdf", content)


def test_arrays_without_end_do_no_harm():
    deep = PDF.replace(b"[0 0 9 9]", b"[" * 100_000 + b"]" * 100_000)
    refused("a.pdf", deep)
    assert judged("a.pdf", PDF)


def test_a_reader_that_fell_over_is_replaced():
    judged("a.pdf", PDF)
    reader = judges._idle.get_nowait()
    reader.process.kill()
    reader.process.wait()
    judges._idle.put_nowait(reader)
    assert judged("a.pdf", PDF)


def test_a_reader_that_never_answers_is_stopped(monkeypatch):
    monkeypatch.setattr(judges, "SECONDS", 0.2)
    judged("a.pdf", PDF)
    reader = judges._idle.get_nowait()
    reader.process.send_signal(19)  # SIGSTOP
    judges._idle.put_nowait(reader)
    assert "complex" in str(refused("a.pdf", PDF)[0])
    assert reader.process.returncode is not None
    monkeypatch.undo()
    assert judged("a.pdf", PDF)
