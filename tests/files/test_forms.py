"""multipart/form-data: one file and a few texts; whatever else is 400, soon."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.api import Api
from tests.contract.answers import errors_of, refusal
from tests.contract.world import World
from tests.factories import PDF
from tests.files.sending import BOUNDARY, DOCUMENT, file, form, part, send, text
from tests.files.storages import Storage

pytestmark = pytest.mark.django_db

KIND = text("kind", "other")
NESTED = b"multipart/mixed; boundary=inner"


Post = partial[Any]


@pytest.fixture
def api(world: World, storage: Storage) -> Api:
    """The team's leader."""
    return world.client("owner")


@pytest.fixture
def path(world: World) -> str:
    return world.path("/registrations/{draft}/documents")


@pytest.fixture
def post(api: Api, path: str) -> Post:
    """``post(body)``: the answer to an upload."""
    return partial(send, api, path)


@pytest.mark.parametrize(
    "body",
    [
        form(KIND, file(PDF)),
        form(file(PDF), KIND),
        form(file(PDF), KIND)[:-2],  # without the last line break
        form(KIND, part(DOCUMENT + b"\r\nContent-Transfer-Encoding: binary", PDF)),
        b"\r\n" + form(KIND, file(PDF)),
    ],
    ids=["usual", "file first", "no line break", "binary", "empty preamble"],
)
def test_what_browsers_send_is_read(post: Post, body: bytes):
    assert post(body).status_code == 201


BODIES = {
    "empty": b"",
    "no parts": form(),
    "cut in the file": form(KIND, file(PDF))[:-40],
    "cut in the end": form(KIND, file(PDF))[:-4],
    "no boundary within": b"x" * 1000,
    "another boundary": form(KIND, file(PDF), boundary="other"),
    "1,001 parts": form(*[text(f"f{n}", "x") for n in range(1001)]),
    "101 files": form(KIND, *[file(PDF) for _ in range(101)]),
    "two files": form(KIND, file(PDF), file(PDF)),
    "a text twice": form(KIND, KIND, file(PDF)),
    "no file": form(KIND),
    "a text as the file": form(KIND, text("file", "x")),
    "a file as a text": form(KIND, file(b"other", field=b"kind")),
    "another file": form(KIND, file(PDF, field=b"other")),
    "10^5 bytes of a header": form(KIND, part(DOCUMENT + b"x" * 100_000, PDF)),
    "10^5 headers": form(KIND, part(DOCUMENT + b"\r\nA: b" * 100_000, PDF)),
    "a header without an end": b"--" + BOUNDARY.encode() + b"\r\n" + b"x" * 100_000,
    "base64": form(
        KIND, part(DOCUMENT + b"\r\nContent-Transfer-Encoding: base64", PDF)
    ),
    "quoted": form(
        KIND, part(DOCUMENT + b"\r\nContent-Transfer-Encoding: quoted-printable", PDF)
    ),
    "nested": form(KIND, part(DOCUMENT + b"\r\nContent-Type: " + NESTED, PDF)),
    "no disposition": form(KIND, part(b"Content-Type: text/plain", PDF)),
    "no name": form(KIND, part(b"Content-Disposition: form-data", PDF)),
    "an attachment": form(KIND, part(DOCUMENT.replace(b"form-data", b"attachment"))),
    "no header": form(KIND, part(b"", PDF)),
    "an unknown text": form(KIND, text("status", "verified"), file(PDF)),
    "a text of other bytes": form(
        part(b'Content-Disposition: form-data; name="kind"', b"\xff\xfe"), file(PDF)
    ),
    "NUL in a text": form(text("kind", "other\0"), file(PDF)),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_other_bodies_are_refused_soon(post: Post, storage: Storage, body: bytes):
    took = []
    for _ in range(3):  # the machine may be busy with something else
        started = time.perf_counter()
        response = post(body)
        took.append(time.perf_counter() - started)
    assert refusal(response) == (400, "validation_error")
    assert min(took) < 0.2
    assert not storage.keys()


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "a" * 71,
        'multipart/form-data; boundary="é"',
        "multipart/form-data; boundary=other",
    ],
)
def test_a_boundary_that_is_bad_is_refused(
    post: Post, storage: Storage, content_type: str
):
    body = form(KIND, file(PDF))
    response = post(body, content_type=content_type)
    assert refusal(response) == (400, "validation_error")
    assert not storage.keys()


def test_other_types_of_bodies_are_not_read(post: Post):
    for kind in ("multipart/mixed; boundary=x", "application/x-www-form-urlencoded"):
        response = post(b"x", content_type=kind)
        assert refusal(response) == (415, "unsupported_media_type")


def test_a_text_too_long_is_refused(post: Post):
    body = form(text("kind", "x" * 70_000), file(PDF))
    assert refusal(post(body)) == (413, "payload_too_large")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"../../x.pdf", "x.pdf"),
        (b"..\\x.pdf", "x.pdf"),
        (b"a\xff\xfeb.pdf", "ab.pdf"),
        ("karya 🎨.pdf".encode(), "karya 🎨.pdf"),
        (b"%2e%2e%2fx.pdf", "%2e%2e%2fx.pdf"),
        (b"a%0D%0ASet-Cookie: x=y.pdf", "aSet-Cookie: x=y.pdf"),
        ("\u202efdp.exe.pdf".encode(), "fdp.exe.pdf"),
        (b"CON.pdf", "_CON.pdf"),
        (b"x" * 300 + b".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_names_are_cleaned_and_safe_to_send(
    post: Post, storage: Storage, sent: bytes, shown: str
):
    row = post(form(KIND, file(PDF, name=sent))).json()["data"]
    assert row["file_name"] == shown
    (key,) = storage.keys()
    assert len(Path(key).name) == 32
    api, _path = post.args
    response = api.get(row["href"].removeprefix("/api/v1"))
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment; filename")
    assert not {"\r", "\n"} & set(response["Content-Disposition"])
    assert response.getvalue() == PDF
    response.close()


@pytest.mark.parametrize("name", [b"", b".", b".."])
def test_a_file_without_a_name_has_no_extension_either(post: Post, name: bytes):
    response = post(form(KIND, file(PDF, name=name)))
    assert list(errors_of(response)) == ["file"]


@pytest.mark.parametrize("size", [-1, 0, 1])
def test_the_largest_size_is_the_limit_itself(
    post: Post, storage: Storage, settings: Any, size: int
):
    settings.MAX_DOCUMENT_BYTES = len(PDF) - size
    response = post(form(KIND, file(PDF)))
    if size <= 0:
        assert response.status_code == 201
    else:
        assert refusal(response) == (413, "payload_too_large")
        assert not storage.keys()


def test_what_is_too_long_is_refused_without_reading_it(
    api: Api, path: str, storage: Storage
):
    class Unread:
        """A body of ten gigabytes, of which nobody may ask for a byte."""

        def read(self, *size: int) -> bytes:
            raise AssertionError

        readline = close = read

    response = api.client.generic(
        "POST",
        f"/api/v1{path}",
        b"x",
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
        headers={"Authorization": f"Bearer {api.token}"},
        **{"CONTENT_LENGTH": str(10 * 2**30), "wsgi.input": Unread()},
    )
    assert refusal(response) == (413, "payload_too_large")
    assert not storage.keys()


def test_a_full_disk_is_503(post: Post, storage: Storage, settings: Any):
    settings.DISK_RESERVE_BYTES = 1 << 60
    response = post(form(KIND, file(PDF)))
    assert response.status_code == 503
    assert response.json()["data"]["code"] == "service_unavailable"
    assert int(response["Retry-After"]) > 0
    assert not storage.keys()
    settings.DISK_RESERVE_BYTES = 0
    assert post(form(KIND, file(PDF))).status_code == 201


def test_forms_of_the_admin_take_no_large_file(world: World, settings: Any):
    client = world.client("owner").client
    body = form(file(b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
    response = client.generic(
        "POST",
        "/admin/login/",
        body,
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
    )
    assert response.status_code == 400
