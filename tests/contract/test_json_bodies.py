"""JSON is read strictly: what two readers could read differently is refused.

Times are those of the processor, so that a busy machine makes no test fail.
"""

from __future__ import annotations

import json
import time

import pytest

from tests.contract.answers import refusal

pytestmark = pytest.mark.django_db

READ = (400, "validation_error")  # it was understood, only that field is unknown
REFUSED = (400, "malformed_json")
BOUND = 2**63


def login(anyone, content: bytes, content_type: str = "application/json"):
    return anyone.client.generic(
        "POST", "/api/v1/auth/login", content, content_type=content_type
    )


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"",
        b' {"a": 1} ',
        b'{"a": {"a": 1}, "b": {"a": 1}}',
        b'{"a": "\\u0001 \\uffff \\ud83d\\ude00 \xe2\x80\xae"}',
        b'{"a": %d, "b": %d}' % (BOUND - 1, -BOUND),
        b'{"a": 1.7976931348623157e308}',
        nested(32),
    ],
    ids=["empty", "none", "blanks", "keys", "text", "integers", "float", "depth"],
)
def test_sound_json_is_read(anyone, content):
    assert refusal(login(anyone, content)) == READ


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1} {}',
        b'{"a": 1, "a": 1}',
        b'{"a": 1, "\\u0061": 2}',
        b'{"x": {"b": 1, "b": 2}}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\x00"}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": %d}' % BOUND,
        b'{"a": %d}' % (-BOUND - 1),
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e400}',
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": 1}'.decode().encode("utf-16"),
        nested(33),
        nested(1000),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(anyone, content):
    assert refusal(login(anyone, content)) == REFUSED


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_a_hundred_thousand_levels_are_refused_at_once(anyone, opening):
    login(anyone, b"{")  # whatever is loaded only once
    content = opening * 100_000
    begun = time.thread_time()
    response = login(anyone, content)
    assert time.thread_time() - begun < 0.2
    assert refusal(response) == REFUSED


def test_a_wide_body_is_refused_at_once(anyone):
    keys = {f"k{number}": 1 for number in range(70_000)}
    begun = time.thread_time()
    response = login(anyone, json.dumps(keys).encode())
    assert refusal(response) in {READ, (413, "payload_too_large")}
    assert time.thread_time() - begun < 1


@pytest.mark.parametrize("content", [b"null", b"5", b'"text"', b"[]", b"[{}]", b"true"])
def test_another_body_than_an_object_is_a_bad_value(anyone, content):
    response = login(anyone, content)
    assert refusal(response) == READ
    assert response.json()["data"]["errors"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-16",
        "application/json; charset=utf-7",
        'application/json; a=b; charset="latin-1"',
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "nonsense",
    ],
)
def test_another_type_or_charset_is_not_supported(anyone, content_type):
    response = login(anyone, b'{"email": "a", "password": "b"}', content_type)
    assert refusal(response) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", 'application/json;charset="UTF-8"'],
)
def test_utf_8_may_be_named(anyone, content_type):
    assert refusal(login(anyone, b"{}", content_type)) == READ


def test_a_body_above_the_limit_is_too_large(anyone, settings):
    content = b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE - 2) + b"{}"
    assert refusal(login(anyone, content)) == READ
    assert refusal(login(anyone, b" " + content)) == (413, "payload_too_large")


@pytest.mark.parametrize(
    "name", ["Ῥόδος \uffff x", "a\u202eb", "e" + "\u0301" * 40, "😀 👩‍👩‍👧", "$name.a"]
)
def test_odd_text_comes_back_as_it_was_sent(as_user, student, name):
    api = as_user(student)
    assert api.patch("/me", {"full_name": name}).status_code == 200
    assert api.get("/me").json()["data"]["full_name"] == name
