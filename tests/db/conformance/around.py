"""Django's own apps, DRF and async code on top of the engine."""

from __future__ import annotations

import io
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.test import Client
from rest_framework import serializers
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ModelViewSet

from tests.db.conformance.operations import operation
from tests.db.conformance.tables import AUTHORS, BOOKS, Author, Book, Publisher

PASSWORD = "kuda poni 99"


def make_admin() -> Any:
    return get_user_model().objects.create_superuser(
        "admin@x.org", PASSWORD, full_name="Admin"
    )


@operation
def a_user_is_made_and_proves_a_password() -> None:
    user = make_admin()
    assert authenticate(None, username="admin@x.org", password=PASSWORD) == user
    assert authenticate(None, username="admin@x.org", password="wrong") is None


@operation
def createsuperuser() -> None:
    call_command(
        "createsuperuser",
        email="root@x.org",
        full_name="Root",
        interactive=False,
        stdout=io.StringIO(),
    )
    assert get_user_model().objects.get(email="root@x.org").is_superuser


@operation
def permissions_of_a_group() -> None:
    group = Group.objects.create(name="editors")
    permission = Permission.objects.get(codename="change_group")
    group.permissions.add(permission)
    assert list(group.permissions.all()) == [permission]
    assert Group.objects.filter(permissions__codename="change_group").exists()


@operation
def content_types_by_natural_key() -> None:
    found = ContentType.objects.get_by_natural_key("auth", "group")
    assert found.model_class() is Group


@operation
def sessions_are_kept() -> None:
    session = SessionStore()
    session["a"] = 1
    session.save()
    assert SessionStore(session.session_key)["a"] == 1
    session.delete()
    assert SessionStore(session.session_key).get("a") is None


@operation
def the_admins_log() -> None:
    user = make_admin()
    LogEntry.objects.log_actions(user.pk, [user], ADDITION, change_message="made")
    [entry] = LogEntry.objects.select_related("user", "content_type")
    assert (entry.user, entry.content_type.model) == (user, "user")


@operation
def log_in_to_the_admin_and_list() -> None:
    make_admin()
    client = Client()
    answer = client.post(
        "/admin/login/?next=/admin/",
        {"username": "admin@x.org", "password": PASSWORD},
        follow=True,
    )
    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0] == "/admin/"
    answer = client.get(
        "/admin/accounts/user/?q=admin&is_active__exact=1&role__exact=admin"
    )
    assert b"admin@x.org" in answer.content


class AuthorShape(serializers.ModelSerializer[Author]):
    class Meta:
        model = Author
        fields = ("id", "email", "name", "nickname")


class Pages(PageNumberPagination):
    page_size = 3


class Cursor(CursorPagination):
    page_size = 3
    ordering = "-id"


class Authors(ModelViewSet[Author]):
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    queryset = Author.objects.order_by("id")
    serializer_class = AuthorShape
    filter_backends = (SearchFilter, OrderingFilter)
    search_fields = ("name",)
    pagination_class: Any = Pages


def ask(method: str, path: str = "/", body: Any = None, **view: Any) -> Any:
    request = getattr(APIRequestFactory(), method)(path, body, format="json")
    actions = {"get": "list", "post": "create"}
    if pk := view.pop("pk", None):
        actions = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        return Authors.as_view(actions, **view)(request, pk=pk)
    return Authors.as_view(actions, **view)(request)


@operation
def rest_list_in_numbered_pages() -> None:
    answer = ask("get", "/?page=2")
    assert (answer.data["count"], len(answer.data["results"])) == (len(AUTHORS), 1)


@operation
def rest_list_in_cursor_pages() -> None:
    names, path = [], "/"
    while path:
        answer = ask("get", path, pagination_class=Cursor)
        names += [row["name"] for row in answer.data["results"]]
        path = answer.data["next"]
    assert names == list(reversed(AUTHORS))


@operation
def rest_search_and_ordering() -> None:
    answer = ask("get", "/?search=a&ordering=-name")
    assert [row["name"] for row in answer.data["results"]] == ["Grace", "Alan", "Ada"]


@operation
def rest_create_change_and_delete() -> None:
    answer = ask("post", "/", {"email": "n@x.org", "name": "New"})
    assert answer.status_code == 201, answer.data
    pk = answer.data["id"]
    assert ask("patch", "/", {"name": "Newer"}, pk=pk).data["name"] == "Newer"
    assert ask("get", "/", pk=pk).data["email"] == "n@x.org"
    assert ask("delete", "/", pk=pk).status_code == 204


@operation
def rest_refuses_a_taken_value() -> None:
    answer = ask("post", "/", {"email": "ada@x.org", "name": "Twin"})
    assert answer.status_code == 400
    assert "email" in str(answer.data)
    assert Author.objects.count() == len(AUTHORS)


@operation
def asynchronous_queries() -> None:
    async def read() -> tuple[int, list[str], Any]:
        count = await Book.objects.acount()
        names = [row.name async for row in Author.objects.order_by("id")]
        return count, names, await Publisher.objects.aget(name="North")

    count, names, publisher = async_to_sync(read)()
    assert (count, names, publisher.name) == (BOOKS, list(AUTHORS), "North")


@operation
def cursor_of_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM conformance_book")
        assert cursor.fetchone() == (BOOKS,)


@operation
def rows_travel_as_a_fixture() -> None:
    from django.core import serializers as formats

    text = formats.serialize("json", [*Author.objects.all(), *Book.objects.all()])
    Author.objects.all().delete()
    for each in formats.deserialize("json", text):
        each.save()
    assert Book.objects.select_related("author").last().author.name == "Alan"


@operation
def connection_health() -> None:
    assert connection.is_usable()
    connection.close_if_health_check_failed()
