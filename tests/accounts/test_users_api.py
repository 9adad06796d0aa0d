"""GET and PATCH /users: organisers read, admins write, one act at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import AuditEvent, User
from accounts.roles import Role
from tests.api import Api
from tests.factories import make_admin, make_judge, make_staff, make_user

pytestmark = pytest.mark.django_db

ACTORS: dict[str, Callable[[], User | None]] = {
    "anon": lambda: None,
    "participant": make_user,
    "judge": lambda: make_user(Role.JUDGE),
    "staff": make_staff,
    "admin": make_admin,
}
READ = {"anon": 401, "participant": 403, "judge": 403, "staff": 200, "admin": 200}
WRITE = {"anon": 401, "participant": 403, "judge": 403, "staff": 403, "admin": 200}
PRIVATE = {"password", "token_version", "is_superuser"}


@pytest.fixture
def target(db: None) -> User:
    return make_user(phone="+62 811 0000")


@pytest.mark.parametrize("actor", ACTORS)
def test_who_may_what(target: User, actor: str) -> None:
    api = Api(ACTORS[actor]())
    assert api.get("/users").status_code == READ[actor]
    assert api.get(f"/users/{target.pk}").status_code == READ[actor]
    written = api.patch(f"/users/{target.pk}", {"role": "judge"})
    assert written.status_code == WRITE[actor]
    target.refresh_from_db()
    assert target.role == ("judge" if WRITE[actor] == 200 else "participant")
    for method in ("POST", "PUT", "DELETE"):
        assert api.request(method, f"/users/{target.pk}").status_code in {
            401,
            403,
            405,
        }
    assert User.objects.filter(pk=target.pk).exists()


@pytest.mark.parametrize("actor", ["participant", "judge", "staff"])
def test_nobody_but_an_admin_learns_whether_an_id_exists_by_writing(
    target: User, actor: str
) -> None:
    api = Api(ACTORS[actor]())
    known = api.patch(f"/users/{target.pk}", {"role": "admin"})
    unknown = api.patch(f"/users/{uuid4()}", {"role": "admin"})
    assert known.status_code == unknown.status_code == 403
    assert known.content == unknown.content


def test_a_row_shows_the_account_and_no_secret(staff: User, target: User) -> None:
    row = Api(staff).get(f"/users/{target.pk}").json()["data"]
    assert row["email"] == target.email
    assert {"role", "is_active", "created_at", "last_login", "version"} <= row.keys()
    assert not PRIVATE & row.keys()
    assert target.password not in str(row)


@pytest.mark.parametrize("pk", ["abc", "1", "0" * 24, str(uuid4())])
def test_an_unknown_id_is_404(admin: User, pk: str) -> None:
    assert Api(admin).get(f"/users/{pk}").status_code == 404
    assert Api(admin).patch(f"/users/{pk}", {"role": "staff"}).status_code == 404


def test_the_list_filters_by_role_and_beginning_of_the_address(staff: User) -> None:
    make_user(email="budi@mail.example")
    judge = make_user(Role.JUDGE, email="budiman@mail.example")
    make_user(Role.JUDGE, email="sri.budi@mail.example")
    api = Api(staff)

    def emails(query: str) -> list[str]:
        rows = api.get(f"/users?{query}").json()["data"]["results"]
        return [row["email"] for row in rows]

    assert emails("role=judge&search=BUDI") == [judge.email]
    assert set(emails("search=budi")) == {"budi@mail.example", "budiman@mail.example"}
    assert emails("search=.*") == []
    for query in ("role=king", "is_active=true", "password=x", "role__ne=admin"):
        assert api.get(f"/users?{query}").status_code == 400


def test_the_list_costs_the_same_for_one_and_for_many(
    staff: User, django_assert_num_queries: Any
) -> None:
    api = Api(staff)
    with django_assert_num_queries(2):
        api.get("/users")
    for _n in range(5):
        make_user()
    with django_assert_num_queries(2):
        assert len(api.get("/users").json()["data"]["results"]) == 6


# --- writing ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"role": "staff", "is_active": False},
        {"role": "king"},
        {"role": None},
        {"role": ["admin"]},
        {"is_active": "perhaps"},
        {"is_active": None},
        {"is_staff": True},
        {"is_superuser": True},
        {"email": "other@mail.example"},
        {"password": "gunung meletus 7"},
        {"email_verified": True},
        {"full_name": "Somebody"},
        {"token_version": 1},
        {"role": "staff", "full_name": "Somebody"},
        [],
    ],
)
def test_one_known_field_at_a_time(admin: User, target: User, body: Any) -> None:
    response = Api(admin).patch(f"/users/{target.pk}", body)
    assert response.status_code == 400
    assert response.json()["data"]["code"] == "validation_error"
    before = target.version
    target.refresh_from_db()
    assert (target.version, target.role, target.is_active) == (
        before,
        "participant",
        True,
    )


def test_if_match_decides_between_two_admins(admin: User, target: User) -> None:
    api, other = Api(admin), Api(make_admin())
    path = f"/users/{target.pk}"
    etag = api.get(path)["ETag"]
    assert etag == f'"{target.version}"'
    written = api.patch(path, {"role": "judge"}, If_Match=etag)
    assert written.status_code == 200
    assert written["ETag"] == f'"{written.json()["data"]["version"]}"'
    stale = other.patch(path, {"is_active": False}, If_Match=etag)
    assert (stale.status_code, stale.json()["data"]["code"]) == (412, "stale_version")
    target.refresh_from_db()
    assert (target.role, target.is_active) == ("judge", True)
    weak = other.patch(path, {"is_active": False}, If_Match=f"W/{written['ETag']}")
    assert weak.status_code == 200
    assert other.patch(path, {"is_active": True}).status_code == 200


def test_rules_are_told_by_their_codes(admin: User) -> None:
    api = Api(admin)
    for body in ({"role": "participant"}, {"is_active": False}):
        own = api.patch(f"/users/{admin.pk}", body)
        assert (own.status_code, own.json()["data"]["code"]) == (409, "own_role")
    other = make_admin()
    assert api.patch(f"/users/{other.pk}", {"role": "staff"}).status_code == 200
    assert api.get("/me").status_code == 200


def test_a_closed_account_can_be_read_and_opened_again(
    admin: User, target: User
) -> None:
    api, theirs = Api(admin), Api(target)
    path = f"/users/{target.pk}"
    assert api.patch(path, {"is_active": False}).json()["data"]["is_active"] is False
    assert theirs.get("/me").status_code == 401
    assert api.get(path).json()["data"]["is_active"] is False
    assert api.patch(path, {"is_active": True}).status_code == 200
    target.refresh_from_db()
    assert Api(target).get("/me").status_code == 200
    events = AuditEvent.objects.filter(object_id=target.pk).order_by("id")
    assert [(e.action, e.actor_id) for e in events] == [
        ("account.deactivated", admin.pk),
        ("account.reopened", admin.pk),
    ]


def test_a_demoted_admin_writes_no_more(admin: User, target: User) -> None:
    other = make_admin()
    theirs = Api(other)
    assert Api(admin).patch(f"/users/{other.pk}", {"role": "staff"}).status_code == 200
    late = theirs.patch(f"/users/{target.pk}", {"role": "admin"})
    assert (late.status_code, late.json()["data"]["code"]) == (401, "token_revoked")


def test_an_appointed_judge_reads_no_accounts(target: User) -> None:
    from tests.factories import make_competition

    judge = make_judge(make_competition())
    assert Api(judge).get(f"/users/{target.pk}").status_code == 403
