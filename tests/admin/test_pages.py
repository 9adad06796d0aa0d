"""Every page opens for whom it is meant, with a row there, and for nobody else."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import Institution, User
from registrations.models import Competition, Registration
from submissions.models import (
    Assignment,
    Criterion,
    Extension,
    JudgeAppointment,
    Stage,
)
from tests.admin.conftest import MODELS, Office
from tests.factories import make_user

CHANGED_BY_STAFF = {Institution, Competition, Stage, Criterion, Extension}
ADDED_BY_STAFF = {*CHANGED_BY_STAFF, JudgeAppointment, Assignment}
CHANGED_BY_ADMIN = {*CHANGED_BY_STAFF, User}


def test_every_table_has_a_page():
    assert set(admin.site._registry) == set(MODELS)
    assert not admin.site.is_registered(Group)


@pytest.mark.parametrize("role", ["staff", "admin"])
def test_every_page_opens(rows, as_office, role, request):
    office = as_office(request.getfixturevalue(role))
    assert office.client.get("/admin/").status_code == 200
    changed = CHANGED_BY_ADMIN if role == "admin" else CHANGED_BY_STAFF
    for model in MODELS:
        assert rows[model] is not None, model
        listed = office.list(model)
        assert listed.status_code == 200, model
        assert listed.context["cl"].result_count >= 1, model
        page = office.open(rows[model])
        assert page.status_code == 200, model
        assert page.context["has_change_permission"] is (model in changed), model
        assert page.context["has_delete_permission"] is False, model
        form = office.client.get(office.url(model, "add"))
        assert form.status_code == (200 if model in ADDED_BY_STAFF else 403), model
        assert office.open(rows[model], "delete").status_code == 403, model


@pytest.mark.parametrize("role", ["participant", "judge", None])
def test_everybody_else_is_sent_to_the_log_in(rows, as_office, role):
    office = as_office(make_user(role) if role else None)
    for model in MODELS:
        for page in (office.list(model), office.open(rows[model])):
            assert page.status_code == 302, model
            assert page["Location"].startswith("/admin/login/"), model


def test_a_student_cannot_log_in(client, student):
    from tests.factories import PASSWORD

    fields = {"username": student.email, "password": PASSWORD}
    page = client.post("/admin/login/", fields)
    assert page.status_code == 200
    assert page.context["user"].is_anonymous


def test_staff_log_in_with_their_address(client, staff):
    from tests.factories import PASSWORD

    fields = {"username": staff.email.upper(), "password": PASSWORD}
    page = client.post("/admin/login/?next=/admin/", fields)
    assert page["Location"] == "/admin/"


def test_the_log_in_works_from_a_real_browser(db):
    """Told no-referrer, browsers send forms with ``Origin: null``, which is refused."""
    page = Office().client.get("/admin/login/")
    assert page["Referrer-Policy"] == "same-origin"
    assert page["Content-Security-Policy"].startswith("default-src 'self';")


def test_pages_need_no_inline_script_or_style(rows, as_office, admin):
    office = as_office(admin)
    for model in MODELS:
        for page in (office.list(model), office.open(rows[model])):
            html = page.content.decode()
            assert "<style" not in html
            assert " style=" not in html
            assert "onclick=" not in html
            assert all("src=" in tag for tag in _script_tags(html)), model


def _script_tags(html: str) -> list[str]:
    """Every script tag that holds code rather than JSON."""
    tags = [part.partition(">")[0] for part in html.split("<script")[1:]]
    return [tag for tag in tags if "application/json" not in tag]


def test_history_is_the_rows_audit_events(rows, as_office, staff):
    registration = rows[Registration]
    page = as_office(staff).client.get(
        reverse("admin:registrations_registration_history", args=[registration.pk]),
        follow=True,
    )
    actions = [event.action for event in page.context["cl"].result_list]
    assert actions == [
        "registration.approved",
        "registration.submitted",
        "registration.created",
    ]


def test_an_id_that_is_none_leads_back_to_the_index(as_office, staff):
    office = as_office(staff)
    for pk in ("junk", "00000000-0000-7000-8000-000000000000"):
        page = office.client.get(office.url(Registration, "change", pk))
        assert page.status_code == 302
