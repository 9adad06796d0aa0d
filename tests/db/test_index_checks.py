"""A list that filters or orders by what no index begins with is warned of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.core.checks import Tags, run_checks
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views import View

from competition_site.db.index_checks import FILTER, ORDERING, check_indexes, keys_of
from registrations.models import Membership, Registration


class Filters:
    fields = ("status", "institution", "note", "search")


class NotedView(View):
    filters = Filters
    orderings = ("-id", "submitted_at", "team_name")

    def get_queryset(self) -> QuerySet[Registration]:
        return Registration.objects.all()

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()


urlpatterns = [path("noted", NotedView.as_view())]


def told() -> list[tuple[str | None, str]]:
    return [(each.id, str(each.msg)) for each in check_indexes()]


def test_the_lists_of_this_project_are_served() -> None:
    assert check_indexes() == []
    ids = {FILTER, ORDERING}
    assert not [m for m in run_checks(tags=[Tags.models]) if m.id in ids]


@pytest.mark.urls(__name__)
def test_a_view_is_warned_of() -> None:
    assert told() == [
        (FILTER, "NotedView filters by note, which begins no index."),
        (ORDERING, "NotedView orders by submitted_at, which no index does."),
        # Alone it is indexed, but its ties are broken by the key.
        (ORDERING, "NotedView orders by team_name, which no index does."),
    ]


@pytest.fixture
def careless_page() -> Iterator[None]:
    class CarelessPage(admin.ModelAdmin):
        list_filter = ("active", ("joined_at", admin.DateFieldListFilter))
        ordering = ("joined_at",)

    page = admin.site._registry[Membership]
    admin.site._registry[Membership] = CarelessPage(Membership, admin.site)
    yield
    admin.site._registry[Membership] = page


@pytest.mark.usefixtures("careless_page")
def test_a_page_of_the_admin_is_warned_of() -> None:
    assert told() == [
        (FILTER, "CarelessPage filters by joined_at, which begins no index."),
        (ORDERING, "CarelessPage orders by joined_at, which no index does."),
    ]


def test_indexes_on_a_condition_do_not_count() -> None:
    assert ("user_id", "left_at") in keys_of(Membership)
    keys = keys_of(Registration)
    assert ("id",) in keys
    assert ("amount_due",) not in keys  # unique, while it is awaited
