"""Competitions in the admin: conditions as fields, copies, deletion."""

from __future__ import annotations

from typing import Any

import pytest

from registrations.models import Competition
from tests.admin.conftest import errors_of, told
from tests.admin.test_forms import competition_form
from tests.factories import (
    make_competition,
    make_institution,
    make_registration,
    make_stage,
)


@pytest.fixture
def office(as_office, staff):
    return as_office(staff)


def test_conditions_and_places_are_fields(office: Any) -> None:
    campuses = [make_institution() for _ in range(2)]
    fields = {
        "institution_quota": 2,
        "waitlist_open": "on",
        "offer_hours": 24,
        "payment_due_hours": 72,
        "eligibility_institutions": [str(row.pk) for row in campuses],
        "eligibility_email_domains": "Mail.UGM.ac.id, ui.ac.id\r\nitb.ac.id",
        "eligibility_entry_year_min": "2023",
    }
    form = competition_form(office, **fields)
    del form["eligibility_mixed_institutions"]  # ticked at first
    page = office.save(Competition, form)
    assert page.status_code == 302, errors_of(page)
    row = Competition.objects.get()
    assert row.eligibility == {
        "institutions": sorted(str(campus.pk) for campus in campuses),
        "email_domains": ["mail.ugm.ac.id", "ui.ac.id", "itb.ac.id"],
        "entry_year_min": 2023,
        "entry_year_max": None,
        "mixed_institutions": False,
    }
    assert (row.institution_quota, row.waitlist_open, row.offer_hours) == (2, True, 24)
    before = Competition.objects.values().get()
    page = office.save(Competition, office.filled(Competition, row), row)
    assert page.status_code == 302, errors_of(page)
    assert Competition.objects.values().get() == before
    fields = office.filled(Competition, row) | {"eligibility_email_domains": ""}
    assert office.save(Competition, fields, row).status_code == 302
    row.refresh_from_db()
    assert row.eligibility == before["eligibility"] | {"email_domains": []}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"eligibility_email_domains": "campus"}, "eligibility_email_domains"),
        ({"eligibility_email_domains": "@ui.ac.id"}, "eligibility_email_domains"),
        ({"eligibility_entry_year_min": "1900"}, "eligibility_entry_year_min"),
        (
            {"eligibility_entry_year_min": 2025, "eligibility_entry_year_max": 2024},
            "eligibility_entry_year_max",
        ),
        ({"eligibility_institutions": ["x"]}, "eligibility_institutions"),
        ({"capacity": 0}, "capacity"),
        ({"offer_hours": 9999}, "offer_hours"),
    ],
)
def test_a_condition_that_is_none_stands_at_its_field(
    office: Any, fields: Any, field: str
) -> None:
    page = office.save(Competition, competition_form(office, **fields))
    assert list(errors_of(page)) == [field]
    assert not Competition.objects.exists()


def test_a_competition_is_copied_over_the_page_between(office: Any) -> None:
    original = make_competition(title="Line <b>Follower</b>")
    make_stage(original)
    url = office.url(Competition)
    ticked = {"action": "clone", "_selected_action": [str(original.pk)]}
    between = office.client.post(url, ticked).content.decode()
    assert "Line &lt;b&gt;Follower" in between
    assert 'name="shift_days" value="364"' in between
    taken = {"clone": "Copy", "slug": original.slug, "shift_days": "364"}
    refused = office.client.post(url, ticked | taken).content.decode()
    assert "Another competition has this slug." in refused
    assert Competition.objects.count() == 1
    made = office.client.post(url, ticked | taken | {"slug": "next-year"})
    clone = Competition.objects.get(slug="next-year")
    assert made["Location"] == office.url(Competition, "change", clone.pk)
    assert (clone.status, len(clone.stages)) == ("draft", 1)
    assert clone.starts_at - original.starts_at == (
        clone.stage_rows.get().opens_at - original.stage_rows.get().opens_at
    )


def test_one_is_copied_at_a_time(office: Any) -> None:
    rows = [make_competition() for _ in range(2)]
    assert office.run("clone", *rows, slug="next", shift_days=1, clone="Copy") == [
        "Tick one competition to copy."
    ]
    assert Competition.objects.count() == 2


def test_only_what_nobody_uses_is_deleted_or_a_draft_again(office: Any) -> None:
    used, unused, empty = (make_competition() for _ in range(3))
    make_registration(used)
    messages = office.run("take_back", used, unused)
    assert messages[0].startswith(f"{used}: ")
    assert messages[1] == "Drafts again: 1."
    messages = office.run("remove", used, empty)
    assert messages[0] == f"{used}: Other records depend on this."
    assert messages[1] == "Deleted: 1."
    statuses = dict(Competition.objects.values_list("pk", "status"))
    assert statuses == {used.pk: "published", unused.pk: "draft"}


def test_who_may_not_change_copies_and_deletes_nothing(
    as_office: Any, student: Any
) -> None:
    competition = make_competition()
    office = as_office(student)
    for action in ("clone", "remove", "take_back"):
        body = {"action": action, "_selected_action": [str(competition.pk)]}
        answer = office.client.post(office.url(Competition), body)
        assert answer.status_code in {302, 403}
        assert not told(answer)
    competition.refresh_from_db()
    assert competition.status == "published"
