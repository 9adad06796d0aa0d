"""Mails: every kind in two parts and two languages, and no value breaks out of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.template import engines
from django.utils import translation
from django.utils.translation.template import templatize

from competition_site.outbox import workflow
from competition_site.outbox.mails import Mail, render, samples
from competition_site.outbox.models import OutboxMessage
from tests.server.test_gunicorn import ROOT

KINDS = sorted(samples())
LANGUAGES = ("en", "id")
SITE = "https://lomba.example"
HOSTILE = "<img src=x onerror=alert(1)>&\"'"
SAID = re.compile(r"""\b(?:gettext\(u?|_\()("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


def templates() -> list[Path]:
    return [
        path
        for path in sorted(ROOT.glob("*/templates/mail/*.txt"))
        if path.parts[-4] in {"accounts", "registrations", "submissions"}
    ]


@pytest.fixture(autouse=True)
def _frontend(settings: Any) -> None:
    settings.FRONTEND_URL = SITE


@pytest.fixture
def _nothing_missing() -> Iterator[None]:
    """Let a value that a template asks for in vain show."""
    parts = [engines[f"mail_{part}"].engine for part in ("text", "html")]
    for engine in parts:
        engine.string_if_invalid = "MISSING"
    yield
    for engine in parts:
        engine.string_if_invalid = ""


def rendered(kind: str, language: str = "en", **changes: object) -> Mail:
    return render(kind, {**samples()[kind], **changes}, language=language)


class Reader(HTMLParser):
    """What a mail program finds: well-nested elements, links, what would be loaded."""

    VOID = frozenset({"meta", "br", "hr"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    def values(self, name: str) -> list[str | None]:
        return [value for key, value in self.attributes if key == name]


# --- every kind --------------------------------------------------------------------
def test_every_template_is_described_and_every_description_has_one():
    assert sorted(path.stem for path in templates()) == KINDS


@pytest.mark.usefixtures("_nothing_missing")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_both_parts_say_the_same_and_lead_to_the_frontend(kind: str, language: str):
    subject, text, html = rendered(kind, language)
    assert subject
    assert "\n" not in subject
    page = Reader(html)
    plain = text.replace("> ", "").split()
    missing = {word for word in plain if word not in page.words} - {"--"}
    assert {word for word in missing if not word.endswith(":")} == set()
    assert "MISSING" not in text + html
    links = page.values("href")
    assert len(links) > 1
    assert all(link == SITE or str(link).startswith(f"{SITE}/") for link in links)
    urls = re.findall(r"\w+://\S+", text)
    assert all(url == SITE or url.startswith(f"{SITE}/") for url in urls)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_loaded_and_a_reading_program_knows_the_language(kind: str):
    page = Reader(rendered(kind, "id").html)
    assert page.elements.count("h1") == 1
    assert set(page.values("lang")) == {"id"}
    assert page.values("src") == []
    loading = {"img", "link", "script", "style", "iframe", "object", "form", "svg"}
    assert not loading & set(page.elements)


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.stem)
def test_every_sentence_is_translated(path: Path):
    code = templatize(path.read_text(encoding="utf-8"))
    said = [text[1:-1].replace('\\"', '"') for text in SAID.findall(code)]
    assert said
    with translation.override("id"):
        same = [text for text in said if translation.gettext(text) == text]
    assert same == []


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.stem)
def test_no_template_goes_round_the_escaping_or_writes_a_part_itself(path: Path):
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"autoescape|\|\s*safe\b|safeseq|<\w|://", source)
    assert source.startswith("{% extends layout %}")


# --- hostile values ----------------------------------------------------------------
def hostile(value: object) -> object:
    if isinstance(value, dict):
        return {key: hostile(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [hostile(inner) for inner in value]
    return f"{HOSTILE}{value}" if isinstance(value, str) else value


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_is_text_in_html_and_itself_in_plain_text(kind: str):
    changes = {name: hostile(value) for name, value in samples()[kind].items()}
    subject, text, html = rendered(kind, "en", **changes)
    page = Reader(html)
    assert "img" not in page.elements
    assert page.values("onerror") == []
    assert "&lt;" not in subject + text
    assert "&amp;lt;" not in html


def test_a_value_cannot_become_another_paragraph_or_link():
    name = "Sari\n\nPlease log in at\r\n\r\nhttps://evil.example/\u2028now"
    mail_ = rendered("verify_email", name=name)
    paragraphs = mail_.text.split("\n\n")
    line = "Hello Sari Please log in at https://evil.example/ now,"
    assert line in paragraphs
    assert "https://evil.example/" not in Reader(mail_.html).values("href")


@pytest.mark.parametrize("token", ["x y", 'x"><b>', "x\nBcc: a@b.c", "../../x?y=1#z"])
def test_a_part_of_a_link_stays_a_part(token: str):
    mail_ = rendered("verify_email", token=token)
    links = [link for link in Reader(mail_.html).values("href") if "#token=" in link]
    assert len(links) == 1
    tail = str(links[0]).removeprefix(f"{SITE}/verify-email#token=")
    assert re.fullmatch(r"[\w.%-]+", tail)
    assert f"#token={tail}\n" in mail_.text


def test_a_quotation_keeps_its_lines_and_stays_one():
    reason = "One.\n\n<b>Two</b>\r\nBcc: a@b.c"
    document = {**samples()["document_refused"]["document"], "reason": reason}
    mail_ = rendered("document_refused", document=document)
    assert "> One.\n> \n> <b>Two</b>\n> Bcc: a@b.c" in mail_.text
    page = Reader(mail_.html)
    assert page.elements.count("br") == 4
    assert "b" not in page.elements


def test_a_link_to_no_path_of_the_frontend_is_refused():
    text = engines["mail_text"].from_string('{% link "Go" "https://evil.example" %}')
    with pytest.raises(ValueError, match="no path of the frontend"):
        text.render()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "break_", ["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"]
)
def test_no_value_adds_a_header(break_: str):
    team = f"Garuda{break_}Bcc: victim@mail.example{break_}{break_}<b>body</b>"
    sample = samples()["registration_approved"]["registration"]
    workflow.enqueue(
        "registration_approved",
        to="sari@mail.example",
        registration={**sample, "team_name": team},
    )
    assert workflow.send_due() == 1
    [sent] = mail.outbox
    assert sent.recipients() == ["sari@mail.example"]
    message = sent.message()
    assert message["Bcc"] is None
    assert sent.subject.startswith("Registration approved: Garuda Bcc: victim@")
    assert message.get_content_type() == "multipart/alternative"


# --- on the way --------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_leaves_in_two_parts_and_neither_stays(language: str):
    message = workflow.enqueue(
        "verify_email",
        to="sari@mail.example",
        language=language,
        **samples()["verify_email"],
    )
    assert workflow.send_due() == 1
    message.refresh_from_db()
    assert (message.body, message.html) == ("", "")
    parts = mail.outbox[0].message().get_payload()
    assert [p.get_content_type() for p in parts] == ["text/plain", "text/html"]
    assert mail.outbox[0].message()["Content-Language"] == language
    assert mail.outbox[0].message()["Auto-Submitted"] == "auto-generated"


@pytest.mark.django_db
def test_the_recipients_language_wins_over_the_senders():
    with translation.override("en"):
        theirs = workflow.enqueue("password_changed", to="a@b.id", language="id")
        nobodys = workflow.enqueue("password_changed", to="a@b.id")
        assert translation.get_language() == "en"
    assert theirs.subject == "Kata sandi Anda telah diubah"
    assert nobodys.subject == "Your password was changed"
    assert OutboxMessage.objects.get(pk=theirs.pk).language == "id"
