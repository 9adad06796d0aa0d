"""Every sentence exists in Indonesian, and the API speaks the language it is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from django.urls import get_resolver
from django.utils import translation

from accounts.models import User
from competition_site.api.messages import FROM_REST_FRAMEWORK
from competition_site.api.serializers import StrictSerializer
from competition_site.outbox.models import OutboxMessage
from competition_site.rules import CODES
from scripts import compile_messages
from tests.api import Api
from tests.factories import PASSWORD, make_competition, make_registration

(INDONESIAN,) = compile_messages.catalogs()
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd%]|\{\w*(?::\w+)?\}")
NEW_ACCOUNT = {
    "email": "sari@mail.example",
    "password": PASSWORD,
    "full_name": "Sari Dewi",
}


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    """A request leaves its language to its thread; the next test is to find none."""
    with translation.override("en"):
        yield


# --- the catalog -------------------------------------------------------------------
def faults(messages: Iterable[Message], catalog: Catalog) -> list[str]:
    """What is wrong with the translations of ``messages``, a line for each."""
    return [
        f"{fault}: {message.id!r} in {message.locations[0][0]}"
        for message in messages
        if (fault := _fault(message, catalog.get(message.id, message.context)))
    ]


def _fault(message: Message, translated: Message | None) -> str | None:
    ours, theirs = _forms(message.id), _forms(translated and translated.string)
    if not theirs or not all(theirs):
        return "no translation"
    if translated is not None and translated.fuzzy:
        return "a guessed translation"
    # Of a plural, the last form is the one that says the number in every language.
    if sorted(_parts(ours[-1])) != sorted(_parts(theirs[-1])):
        return "other placeholders or line breaks"
    return None


def _forms(text: Any) -> list[str]:
    return list(text) if isinstance(text, tuple | list) else [text or ""]


def _parts(text: str) -> list[str]:
    return [*PLACEHOLDER.findall(text), *re.findall("\n", text)]


def test_every_message_of_code_and_mails_is_translated():
    messages = compile_messages.extracted()
    assert faults(messages, compile_messages.read(INDONESIAN)) == []


def test_the_compiled_catalog_is_the_translated_one():
    assert compile_messages.is_current(INDONESIAN)


def test_messages_are_found_in_code_and_in_mails():
    where = {
        str(message.id): {Path(file).suffix for file, _line in message.locations}
        for message in compile_messages.extracted()
    }
    assert where["This link has expired."] == {".py"}
    assert where["Handed in: %(time)s"] == {".txt"}
    assert where["Must be a valid UUID."] == {".py"}


def test_an_update_keeps_what_is_translated_and_adds_the_rest_empty(tmp_path):
    source = tmp_path / "id" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(
        'msgid ""\nmsgstr "Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
        'msgid "team name"\nmsgstr "nama tim"\n\n'
        'msgid "no longer said"\nmsgstr "tidak lagi"\n'
    )
    compile_messages.update(source)
    first = source.read_bytes()
    catalog = compile_messages.read(source)
    assert catalog["team name"].string == "nama tim"
    assert catalog["This link has expired."].string == ""
    assert "no longer said" not in catalog
    assert catalog.plural_forms == "nplurals=1; plural=0;"
    compile_messages.update(source)
    assert source.read_bytes() == first


@pytest.mark.parametrize(
    ("string", "flags", "fault"),
    [
        ("Halo %(name)s,\n{zone}", (), None),
        ("", (), "no translation"),
        (None, (), "no translation"),
        ("Halo %(name)s,\n{zone}", ("fuzzy",), "a guessed translation"),
        ("Halo %(nama)s,\n{zone}", (), "other placeholders or line breaks"),
        ("Halo %(name)s,\n", (), "other placeholders or line breaks"),
        ("Halo %(name)s, {zone}", (), "other placeholders or line breaks"),
    ],
)
def test_a_missing_guessed_or_broken_translation_is_a_fault(string, flags, fault):
    text = "Hello %(name)s,\n{zone}"
    catalog = Catalog("id")
    if string is not None:
        catalog.add(text, string, flags=flags)
    found = faults([Message(text, locations=[("mail.txt", 1)])], catalog)
    assert found == ([f"{fault}: {text!r} in mail.txt"] if fault else [])


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_sentence_in_both_languages(code):
    english, indonesian = in_both(CODES[code][1])
    assert english.strip()
    assert indonesian.strip()
    assert english != indonesian


# --- what DRF says -----------------------------------------------------------------
def in_both(text: object) -> tuple[str, str]:
    with translation.override("en"):
        english = str(text)
    with translation.override("id"):
        return english, str(text)


def test_whatever_a_field_of_ours_may_say_is_said_in_indonesian():
    get_resolver().url_patterns  # noqa: B018 - imports every view and its serializers
    english, indonesian = _texts_in("en"), _texts_in("id")
    pairs = set(zip(english, indonesian, strict=True))
    assert len(pairs) > 20
    assert {text for text, translated in pairs if text == translated} == set()


def _texts_in(language: str) -> list[str]:
    """In one go, since a lazy text of DRF keeps the language it was first read in."""
    with translation.override(language):
        return [str(text) for text in _texts_of_fields()]


def _texts_of_fields() -> Iterator[object]:
    waiting: list[Any] = [shape() for shape in _subclasses(StrictSerializer)]
    while waiting:
        field = waiting.pop()
        yield from field.error_messages.values()
        yield from (v.message for v in field.validators if hasattr(v, "message"))
        waiting.extend(getattr(field, "fields", {}).values())
        if (child := getattr(field, "child", None)) is not None:
            waiting.append(child)


def _subclasses(shape: type[Any]) -> Iterator[type[Any]]:
    for subclass in shape.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def test_every_message_we_translate_for_drf_is_still_one_of_its():
    modules = ("exceptions", "fields", "relations", "serializers", "validators")
    code = "".join(
        Path(str(import_module(f"rest_framework.{name}").__file__)).read_text("utf-8")
        for name in modules
    )
    unknown = [text for text in FROM_REST_FRAMEWORK if text not in code]
    assert unknown == []


# --- the API -----------------------------------------------------------------------
def ask(api: Api, language: str | None, request: tuple[Any, ...]) -> Any:
    headers = {} if language is None else {"Accept_Language": language}
    method, path, body = (*request, None)[:3]
    return api.request(method, path, body, **headers)


def refused_in_both(api: Api, *request: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two answers to a refused request, after what never depends on language."""
    english, indonesian = (ask(api, language, request) for language in ("en", "id"))
    assert english["Content-Language"] == "en"
    assert indonesian["Content-Language"] == "id"
    assert english.status_code == indonesian.status_code
    in_english, in_indonesian = english.json(), indonesian.json()
    assert in_english["data"]["code"] == in_indonesian["data"]["code"]
    assert in_english["data"].keys() == in_indonesian["data"].keys()
    assert in_english["message"] != in_indonesian["message"]
    return in_english, in_indonesian


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (("GET", "/nowhere"), "not_found", "Halaman atau data ini tidak ditemukan."),
        (
            ("GET", "/competitions/no-such-slug"),
            "not_found",
            "Halaman atau data ini tidak ditemukan.",
        ),
        (("GET", "/me"), "not_authenticated", "Silakan masuk terlebih dahulu."),
        (
            ("POST", "/auth/login", {"email": "a@mail.example", "password": "x"}),
            "invalid_credentials",
            "Email atau kata sandi salah.",
        ),
        (("DELETE", "/competitions"), "not_authenticated", None),
        (("PUT", "/auth/login"), "method_not_allowed", None),
        (("POST", "/auth/email/verify", {"token": "x"}), "link_invalid", None),
    ],
)
def test_a_refusal_follows_the_language_and_its_code_does_not(
    anyone, request_, code, message
):
    _, answer = refused_in_both(anyone, *request_)
    assert answer["data"]["code"] == code
    assert message in {None, answer["message"]}


@pytest.mark.parametrize(
    ("change", "field", "text"),
    [
        (
            {"full_name": None},
            "full_name",
            'Bidang ini tidak boleh diisi dengan "null".',
        ),
        ({"full_name": ""}, "full_name", "Bidang ini tidak boleh kosong."),
        ({"full_name": ["Sari"]}, "full_name", "Isi bidang ini harus berupa teks."),
        (
            {"full_name": "S" * 151},
            "full_name",
            "Isi bidang ini tidak boleh melebihi 150 karakter.",
        ),
        (
            {"email": "sari"},
            "email",
            "Masukkan alamat email dengan format yang benar.",
        ),
        (
            {"phone": "call me"},
            "phone",
            "Isi bidang ini tidak sesuai dengan format yang diminta.",
        ),
        (
            {"institution": "ITB"},
            "institution",
            "Isi bidang ini harus berupa UUID yang valid.",
        ),
        (
            {"entry_year": 1900},
            "entry_year",
            "Isi bidang ini harus lebih dari atau sama dengan 1980.",
        ),
        ({"password": "1234"}, "password", None),
        ({"nickname": "Sari"}, "nickname", "Bidang tidak dikenal."),
    ],
)
def test_a_field_that_is_wrong_is_told_in_the_language(anyone, change, field, text):
    english, indonesian = refused_in_both(
        anyone, "POST", "/auth/register", NEW_ACCOUNT | change
    )
    assert indonesian["data"]["code"] == "validation_error"
    assert english["data"]["errors"].keys() == {field}
    assert indonesian["data"]["errors"].keys() == {field}
    told = indonesian["data"]["errors"][field]
    assert text is None or told == [text]
    assert not set(told) & set(english["data"]["errors"][field])


def test_a_missing_field_is_told_in_the_language(anyone):
    english, indonesian = refused_in_both(anyone, "POST", "/auth/register", {})
    for answer, text in (
        (english, "This field is required."),
        (indonesian, "Bidang ini harus diisi."),
    ):
        errors = answer["data"]["errors"]
        assert errors == {name: [text] for name in NEW_ACCOUNT}


def test_a_choice_that_does_not_exist_is_told_in_the_language(anyone):
    _, answer = refused_in_both(anyone, "GET", "/competitions?phase=soon")
    assert answer["data"]["errors"] == {
        "phase": ['"soon" tidak ada dalam daftar pilihan.']
    }


def test_a_body_that_is_no_object_is_told_in_the_language(anyone):
    _, answer = refused_in_both(anyone, "POST", "/auth/register", ["Sari"])
    assert answer["data"]["errors"] == {
        "non_field_errors": ["Data tidak valid. Data harus berupa objek, bukan list."]
    }


def test_a_rule_that_says_no_says_it_in_the_language(as_user, student):
    draft = make_registration(make_competition(team_size_min=2), leader=student)
    _, answer = refused_in_both(
        as_user(student), "POST", f"/registrations/{draft.pk}/submit"
    )
    assert answer["message"] == "Jumlah anggota tim minimal 2 orang."


def test_a_write_is_confirmed_in_the_language(as_user, student):
    api = as_user(student)
    for language, message in (
        ("en", "Your profile is saved."),
        ("id", "Profil Anda telah disimpan."),
    ):
        body = {"study_program": f"Informatics {language}"}
        answer = ask(api, language, ("PATCH", "/me", body))
        assert answer.status_code == 200
        assert answer.json()["message"] == message


def test_a_read_is_the_same_in_every_language(anyone):
    make_competition()
    english = ask(anyone, "en", ("GET", "/competitions"))
    indonesian = ask(anyone, "id", ("GET", "/competitions"))
    assert english.status_code == 200
    assert english.json()["message"] == "OK"
    assert indonesian.content == english.content
    assert indonesian["ETag"] == english["ETag"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("*", "en"),
        ("xx", "en"),
        ("fr-FR,fr;q=0.9", "en"),
        ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("ID", "id"),
        ("fr,id;q=0.5", "id"),
        ("en;q=0.2,id;q=0.7", "id"),
        (";;q=,\x00\xff", "en"),
        ("../../id", "en"),
        pytest.param("x" * 200_000, "en", id="200 kB in one word"),
        pytest.param("id-" * 70_000, "en", id="200 kB of hyphens"),
        pytest.param("id;q=0.5," * 22_000, "id", id="200 kB of languages"),
        pytest.param("xx," * 70_000, "en", id="200 kB of unknown ones"),
    ],
)
def test_whatever_the_header_says_there_is_an_answer(anyone, header, language):
    answer = ask(anyone, header, ("GET", "/me"))
    assert answer.status_code == 401
    assert answer["Content-Language"] == language
    english, indonesian = in_both(CODES["not_authenticated"][1])
    assert answer.json()["message"] == {"en": english, "id": indonesian}[language]


# --- mails -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        (None, "Please confirm your e-mail address", "within two days."),
        ("id", "Konfirmasi alamat email Anda", "dalam dua hari."),
    ],
)
def test_a_mail_is_written_in_the_language_of_its_request(
    anyone, language, subject, sentence
):
    answer = ask(anyone, language, ("POST", "/auth/register", NEW_ACCOUNT))
    assert answer.status_code == 201
    mail = OutboxMessage.objects.get(recipient=NEW_ACCOUNT["email"])
    assert mail.subject == subject
    assert sentence in mail.body
    assert "#token=" in mail.body


def test_an_invitation_keeps_the_names_in_the_translated_mail(as_user, student):
    student.change(language="id")
    team = make_registration(leader=student, team_name="Tim 100%")
    answer = ask(
        as_user(student),
        "id",
        (
            "POST",
            f"/registrations/{team.pk}/invitations",
            {"email": NEW_ACCOUNT["email"]},
        ),
    )
    assert answer.status_code == 201
    mail = OutboxMessage.objects.get(recipient=NEW_ACCOUNT["email"])
    assert mail.subject == "Anda diundang bergabung dengan tim Tim 100%"
    assert User.objects.get(pk=student.pk).full_name in mail.body
    assert team.competition_title in mail.body
