"""Every list and look-up of the API and the admin is served by an index.

The commands are those that the real views send. A new list, filter or ordering is
asked for here without being named: they are taken from the views and the admin's pages.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client, TransactionTestCase
from django.urls import get_resolver, resolve, reverse

from accounts import workflow as accounts
from competition_site.clock import now
from competition_site.db.index_checks import _views
from registrations import workflow as registrations
from registrations.models import Competition, Registration
from registrations.workflow import waitlist
from tests import factories
from tests.api import Api
from tests.database import empty_filled_tables
from tests.db.mongodb.plenty import COMPETITIONS, TABLES, Plenty, make_plenty
from tests.db.mongodb.recorder import Command, Recorder, complaint, recording
from tests.upkeep.commands import report

SMALL = {
    # "Open now" compares two columns with the clock, which no index can order by; an
    # event has tens of competitions.
    Competition._meta.db_table: COMPETITIONS + 5,
    # Django's own, a row for each table and permission of the code.
    "django_content_type": 100,
    "django_migrations": 200,
}
COMMON: dict[str, Any] = {
    "category": "security",
    "phase": "open",
    "status": {
        "/registrations": "submitted",
        "/submissions": "draft",
        "/judging/assignments": "assigned",
    },
    "payment_status": "not_required",
    "competition": lambda plenty: plenty.competition.slug,
    "institution": lambda plenty: plenty.registration.institution_id,
    "stage": lambda plenty: plenty.stage.pk,
    "registration": lambda plenty: plenty.registration.pk,
    "role": "staff",
}
"""A value for every filter; a filter that is missing here fails the test."""
RARE: dict[str, Any] = {
    "status": {
        "/registrations": "approved",
        "/submissions": "submitted",
        "/judging/assignments": "final",
    },
    "payment_status": "awaiting",
    "role": "judge",
    "competition": "plenty-0",
    "institution": lambda plenty: plenty.rare.institution_id,
    "stage": lambda plenty: plenty.rare.submissions.get().stage_id,
}
"""Values that only the oldest rows have."""
BEGIN_LIKE = 100
"""So many rows begin with one of PREFIXES. A search is read in its own order; another
filter beside it picks among those, since no index has a prefix and then a column."""
PREFIXES = {
    "/institutions": "institute 00",
    "/competitions": "title 001",
    "/registrations": "team 00",
    "/users": "user00",
}


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def plenty(django_db_setup: None, django_db_blocker: Any) -> Iterator[Plenty]:
    """The rows of this module: no test of it empties the tables."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: None)
        try:
            yield make_plenty()
        finally:
            empty_filled_tables()


@pytest.fixture
def recorder(plenty: Plenty, db: None) -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


def assert_served_by_indexes(commands: list[Command], *, enough: int = 0) -> None:
    """Ask MongoDB about every command; each complaint is told once."""
    assert commands
    told = (complaint(command, small=SMALL, enough=enough) for command in commands)
    wrong = sorted({words for words in told if words})
    assert not wrong, "\n" + "\n".join(wrong)


# --- the API -------------------------------------------------------------------------
LISTS: dict[str, Callable[[Plenty], str]] = {
    "/institutions": lambda _: "/institutions",
    "/competitions": lambda _: "/competitions",
    "/registrations": lambda _: "/registrations",
    "/submissions": lambda _: "/submissions",
    "/competitions/{slug}/stages": (
        lambda plenty: f"/competitions/{plenty.competition.slug}/stages"
    ),
    "/registrations/{id}/invitations": (
        lambda plenty: f"/registrations/{plenty.registration.pk}/invitations"
    ),
    "/invitations": lambda _: "/invitations",
    "/users": lambda _: "/users",
    "/auth/sessions": lambda _: "/auth/sessions",
    "/judging/assignments": lambda _: "/judging/assignments",
    "/judging/conflicts": lambda _: "/judging/conflicts",
    "/stages/{id}/results": lambda plenty: f"/stages/{plenty.stage.pk}/results",
}


def view_of(address: str) -> Any:
    """The class behind a route, wherever it stands."""
    function: Any = resolve(f"/api/v1{address}").func
    return getattr(function, "cls", getattr(function, "view_class", None))


def queries(path: str, view: Any, plenty: Plenty) -> Iterator[str]:
    """Every ordering, alone and with each filter, rare values too, and each pair."""
    filters = {} if "{id}" in path or not view.filters else view.filters().fields
    common = [{name: _value(COMMON, path, name, plenty)} for name in filters]
    rare = [{n: _value(RARE, path, n, plenty)} for n in filters if n in RARE]
    pairs = [{**a, **b} for a, b in product(common, common) if list(a) < list(b)]
    for ordering in getattr(view, "orderings", ("-id",)):
        for chosen in [{}, *common, *rare, *pairs]:
            named = {} if "search" in chosen else {"ordering": ordering}
            yield urlencode(named | chosen)  # what is searched comes in its own order


def _value(values: dict[str, Any], path: str, name: str, plenty: Plenty) -> str:
    value = PREFIXES[path] if name == "search" else values[name]
    if isinstance(value, dict):
        value = value[path]
    return str(value(plenty) if callable(value) else value)


def every_page(api: Api, path: str) -> None:
    """Ask for the first page and the one behind it."""
    answer = api.get(path)
    assert answer.status_code == 200, answer.content
    if cursor := answer.json()["data"]["next"]:
        assert api.get(f"{path}&cursor={cursor}").status_code == 200


def views_that_page() -> set[Any]:
    """Those of the resolver whose code asks for a page."""
    return {
        view
        for view in _views(get_resolver().url_patterns)
        if any("paginate_queryset" in _names(member) for member in vars(view).values())
    }


def _names(member: Any) -> tuple[str, ...]:
    return getattr(getattr(member, "__code__", None), "co_names", ())


def test_no_list_is_left_out(plenty: Plenty) -> None:
    assert {view_of(address(plenty)) for address in LISTS.values()} == views_that_page()


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("who", ["nobody", "member", "judge", "admin"])
def test_every_list_is_read_by_index(
    plenty: Plenty, recorder: Recorder, path: str, who: str
) -> None:
    address = LISTS[path](plenty)
    view = view_of(address)
    api = Api(None if who == "nobody" else getattr(plenty, who))
    if api.get(address).status_code in {401, 403, 404}:
        return  # a list that is not for them reads nothing
    asked = list(queries(path, view, plenty))
    searches = [query for query in asked if "search=" in query and "&" in query]
    for some, enough in ((set(asked).difference(searches), 0), (searches, BEGIN_LIKE)):
        recorder.take()
        for query in sorted(some):
            every_page(api, f"{address}?{query}")
        if some:
            assert_served_by_indexes(recorder.take(), enough=enough)


@pytest.mark.parametrize("who", ["member", "admin"])
def test_every_row_is_read_by_index(
    plenty: Plenty, recorder: Recorder, who: str
) -> None:
    api = Api(plenty.member if who == "member" else plenty.admin)
    recorder.take()
    for path in (
        "/me",
        f"/competitions/{plenty.competition.slug}",
        f"/stages/{plenty.stage.pk}",
        f"/registrations/{plenty.registration.pk}",
        f"/submissions/{plenty.submission.pk}",
        f"/receipts/{plenty.version.code}",
        f"/competitions/{plenty.competition.slug}/leaderboard",
    ):
        assert api.get(path).status_code == 200, path
    api.get(f"/competitions/{plenty.competition.slug}/stats")
    api.get(f"/documents/{plenty.document.pk}/file")  # its file isn't there
    assert_served_by_indexes(recorder.take())


def test_what_the_workflow_looks_up_and_changes_is_found_by_index(
    plenty: Plenty, recorder: Recorder
) -> None:
    from competition_site.outbox import workflow as outbox

    stage = factories.make_stage()
    submission = factories.make_submission(stage)
    draft = factories.make_registration(stage.competition)
    factories.add_member(draft)
    factories.make_document(draft)
    submission.registration.leader.refresh_from_db()
    api = Api(submission.registration.leader)
    with contextlib.suppress(AttributeError):
        outbox.send_due()
    for method, path, body in (
        ("PATCH", "/me", {"phone": "+62 1"}),
        ("PATCH", f"/submissions/{submission.pk}", {"title": "Better"}),
        ("POST", f"/registrations/{draft.pk}/submit", {}),
        ("POST", "/auth/login", {"email": "user0001@mail.example", "password": "x"}),
    ):
        api.request(method, path, body, Idempotency_Key="once")
    assert_served_by_indexes(recorder.take())


def test_the_lifecycle_of_teams_is_found_by_index(
    plenty: Plenty, recorder: Recorder
) -> None:
    """Places, waiting, offers, payments, and what time does to them."""
    fields = {"capacity": 1, "institution_quota": 1, "fee": 100, "waitlist_open": True}
    competition = factories.make_competition(**fields)
    campus = factories.make_institution()
    people = [factories.make_user(institution=campus) for _ in range(3)]
    teams = [factories.make_registration(competition, leader=p) for p in people]
    at = now()
    recorder.take()
    for team in teams:
        registrations.submit(team, by=team.leader, at=at)
    factories.make_document(teams[0], kind="payment_proof")
    staff = factories.make_staff()
    registrations.refuse_payment(teams[0], reason="No.", by=staff, at=at)
    registrations.withdraw(teams[0], by=teams[0].leader, at=at)
    registrations.decline_offer(teams[1], by=teams[1].leader, at=at)
    registrations.accept_offer(teams[2], by=teams[2].leader, at=at)
    asked = {"team_name": "No brands."}
    registrations.request_changes(teams[2], fields=asked, by=staff, at=at)
    registrations.edit(teams[2], by=teams[2].leader, team_name="Another one")
    assert waitlist.position(teams[1]) == 1
    for due in (registrations.due_offers, registrations.due_unpaid):
        assert len(due(at + timedelta(days=90))[:5]) >= 0
    for due in (registrations.due_drafts, registrations.due_promotions):
        assert len(due(at)[:5]) >= 0
    assert registrations.promote_waitlist(competition, at=at) == 0
    merged = factories.make_institution()
    registrations.merge_institutions(campus, merged, by=factories.make_admin())
    assert_served_by_indexes(recorder.take())


def test_what_becomes_of_teams_is_found_by_index(
    plenty: Plenty, recorder: Recorder
) -> None:
    team = factories.make_registration()
    leader, mate = team.leader, factories.add_member(team)
    recorder.take()
    held = registrations.invite(team, email="a@mail.example", by=leader, at=now())
    registrations.resend_invitation(held, by=leader, at=now())
    registrations.revoke_invitation(held, by=leader, at=now())
    back = registrations.invite(team, email="b@mail.example", by=leader, at=now())
    registrations.hand_over(team, mate, by=leader, at=now())
    registrations.remove_member(team, leader, by=mate, at=now())
    heir = factories.add_member(team)
    accounts.set_active(mate, False, by=plenty.admin, at=now())
    team.refresh_from_db()
    assert (team.leader_id, back.status) == (heir.pk, "pending")
    assert_served_by_indexes(recorder.take())


def test_what_is_known_of_a_person_is_found_by_index(
    plenty: Plenty, recorder: Recorder
) -> None:
    judge = factories.make_judge(plenty.competition)
    team = factories.make_registration()
    mate = factories.add_member(team)
    factories.make_document(team, by=mate)
    recorder.take()
    for person in (judge, mate):
        api = Api(person)
        assert api.get("/me/export").status_code == 200
        body = {"password": factories.PASSWORD}
        assert api.delete("/me", body).status_code == 200
    assert_served_by_indexes(recorder.take())


# --- the admin -----------------------------------------------------------------------
PAGES = [model for model, page in admin.site._registry.items() if model in TABLES]


def test_every_page_of_the_admin_has_plenty_of_rows() -> None:
    assert set(PAGES) == set(admin.site._registry)


@pytest.fixture
def office(plenty: Plenty, recorder: Recorder) -> Client:
    client = Client()
    client.force_login(plenty.admin, settings.AUTHENTICATION_BACKENDS[0])
    return client


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.model_name)
def test_every_page_of_the_admin_is_read_by_index(
    office: Client, recorder: Recorder, model: Any
) -> None:
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    address = reverse(f"admin:{name}_changelist")
    answer = office.get(address)
    assert answer.status_code == 200
    changelist = answer.context["cl"]
    recorder.take()
    links = {"", "?p=2"}
    for spec in changelist.filter_specs:
        choices = [choice["query_string"] for choice in spec.choices(changelist)]
        links |= {*choices[:4], *choices[-2:]}
    if changelist.search_fields:
        prefix = {"user": "user00", "registration": "team 00", "competition": "title 0"}
        links.add(f"?q={prefix.get(model._meta.model_name, 'a')}")
    for column in getattr(changelist.model_admin, "filters_by_link", ()):
        links.add(f"?{column}={getattr(model.objects.first(), column)}")
    for link in sorted(links):
        assert office.get(f"{address}{link}").status_code == 200, link
    row = model._base_manager.order_by("-pk")[5]
    assert office.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200
    assert_served_by_indexes(recorder.take())


def test_what_is_due_is_found_by_index(plenty: Plenty, recorder: Recorder) -> None:
    """``tick`` asks every minute, whether there is anything to do or not.

    Who is reminded of a stage's end is read from its competition's approved teams.
    """
    recorder.take()
    assert {task["failed"] for task in report("tick", "--dry-run").values()} == {0}
    assert_served_by_indexes(recorder.take(), enough=100)


@pytest.mark.parametrize("order", [["-id"], []], ids=["by key", "unordered"])
def test_control_a_filter_without_an_index_is_complained_of(
    recorder: Recorder, order: list[str]
) -> None:
    """In the order of the keys an index is read, and with it every row."""
    rows = Registration.objects.filter(team_name="Nobody").order_by(*order)
    assert not list(rows[:20])
    [command] = recorder.take()
    told = complaint(command, small=SMALL)
    assert told
    assert f"{rows.model.objects.count()} documents read for 0" in told
