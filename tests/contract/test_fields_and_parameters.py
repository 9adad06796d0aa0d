"""What a route doesn't name is an error, never ignored."""

from __future__ import annotations

import pytest

from tests.contract.answers import errors_of
from tests.contract.world import World
from tests.factories import PDF

pytestmark = pytest.mark.django_db

SERVER_OWNED = {
    "id": "01900000-0000-7000-8000-000000000000",
    "role": "admin",
    "is_staff": True,
    "is_superuser": True,
    "is_active": True,
    "status": "approved",
    "payment_status": "verified",
    "competing": True,
    "leader": "01900000-0000-7000-8000-000000000000",
    "version": 7,
    "version_number": 7,
    "token_version": 7,
    "email": "other@mail.example",
    "email_verified": True,
    "password": "another one 77",
    "created_at": "2020-01-01T00:00:00Z",
    "submitted_at": "2020-01-01T00:00:00Z",
    "seats_taken": 0,
    "late": False,
    "pk": 1,
    "_state": {},
    "$where": "1",
    "a.b": 1,
    "__proto__": {},
    "title__regex": ".*",
}
CHANGES = {
    "/me": {"full_name": "New"},
    "/registrations/{draft}": {"team_name": "New"},
    "/submissions/{submission}": {"title": "New"},
    "/stages/{stage}": {"name": "New"},
    "/competitions/{competition}": {"summary": "New"},
}
WRITABLE = {"/competitions/{competition}": {"status"}}


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.mark.parametrize("template", CHANGES)
def test_unknown_and_server_owned_fields_are_refused_and_change_nothing(
    world, template
):
    path = world.path(template)
    actor = "staff" if template.startswith(("/stages", "/comp")) else "owner"
    api = world.client(actor)
    before = api.get(path).json()["data"]
    for field in SERVER_OWNED.keys() - WRITABLE.get(template, set()):
        response = api.patch(path, {**CHANGES[template], field: SERVER_OWNED[field]})
        assert list(errors_of(response)) == [field]
    assert api.get(path).json()["data"] == before


@pytest.mark.parametrize("field", ["status", "id", "owner", "uploaded_by"])
def test_form_fields_are_no_less_strict(world, field):
    path = world.path("/registrations/{draft}/documents")
    fields = {"kind": "other", field: "verified"}
    response = world.client("owner").upload(path, "a.pdf", PDF, fields=fields)
    assert list(errors_of(response)) == [field]
    assert not world.draft.documents.exists()


def test_of_very_many_unknown_fields_only_some_are_named(anyone):
    body = {f"field{number}": 1 for number in range(5000)}
    assert len(errors_of(anyone.post("/auth/login", body))) == 50


@pytest.mark.parametrize(
    "path",
    [
        "/me",
        "/institutions",
        "/competitions",
        "/competitions/{competition}",
        "/competitions/{competition}/stages",
        "/stages/{stage}",
        "/registrations",
        "/registrations/{draft}",
        "/registrations/{draft}/invitations",
        "/submissions",
        "/submissions/{submission}",
        "/receipts/{receipt}",
        "/documents/{document}/file",
        "/submission-files/{file}/content",
        "/competitions/{competition}/leaderboard",
    ],
)
def test_unknown_parameters_are_refused(world, path):
    _refuse_unknown_parameters(world.client("owner"), world.path(path))


@pytest.mark.parametrize(
    ("actor", "path"),
    [
        ("judge_assigned", "/judging/assignments"),
        ("judge_assigned", "/judging/assignments/{reviewed}/review"),
        ("judge_assigned", "/judging/conflicts"),
        ("staff", "/stages/{stage}/results"),
        ("staff", "/competitions/{competition}/judges/{judge_assigned}"),
    ],
)
def test_unknown_parameters_are_refused_where_few_may_read(world, actor, path):
    _refuse_unknown_parameters(world.client(actor), world.path(path))


def _refuse_unknown_parameters(api, path):
    for name in ("nothing", "format", "a[$ne]", "status__in", "_"):
        assert list(errors_of(api.get(f"{path}?{name}=1"))) == [name]


@pytest.mark.parametrize("name", ["page_size", "cursor", "ordering"])
def test_parameters_of_lists_are_unknown_to_a_detail(world, name):
    path = world.path("/competitions/{competition}")
    assert list(errors_of(world.client("owner").get(f"{path}?{name}=1"))) == [name]


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_writes_take_no_parameters(world, method):
    path = {
        "POST": "/registrations/{draft}/submit",
        "PATCH": "/registrations/{draft}",
        "DELETE": "/submission-files/{file}",
    }[method]
    api = world.client("owner")
    response = api.request(method, f"{world.path(path)}?force=1")
    assert list(errors_of(response)) == ["force"]


@pytest.mark.parametrize(
    "query", ["page_size=5&page_size=5", "search=a&search=b", "nothing&nothing"]
)
def test_a_parameter_is_given_once(anyone, query):
    name = query.partition("=")[0].partition("&")[0]
    assert list(errors_of(anyone.get(f"/competitions?{query}"))) == [name]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/competitions", "phase=never"),
        ("/competitions", "category=no%20slug"),
        ("/competitions", "search=%00"),
        ("/competitions", f"search={'a' * 65}"),
        ("/registrations", "status=lost"),
        ("/registrations", "competition=none-such"),
        ("/registrations", "institution=5"),
        ("/registrations", 'institution={"$ne":1}'),
        ("/submissions", "stage=abc"),
        ("/submissions", "status[$ne]=draft"),
    ],
)
def test_bad_values_of_parameters_are_refused(as_user, student, path, query):
    name = query.partition("=")[0]
    assert list(errors_of(as_user(student).get(f"{path}?{query}"))) == [name]


@pytest.mark.parametrize("name", ["\u200b", "A\r\nBcc: b@mail.example", "\u2029", "\t"])
def test_a_team_has_a_name_that_can_be_seen_on_one_line(world, name):
    path = world.path("/registrations/{draft}")
    response = world.client("owner").patch(path, {"team_name": name})
    assert list(errors_of(response)) == ["team_name"]


def test_nested_fields_are_dotted(world):
    path = world.path("/stages/{stage}")
    body = {"accepts": {"files": "perhaps", "link": True, "text": True, "more": 1}}
    errors = errors_of(world.client("staff").patch(path, body))
    assert list(errors) == ["accepts.more"]
    del body["accepts"]["more"]
    assert list(errors_of(world.client("staff").patch(path, body))) == ["accepts.files"]
