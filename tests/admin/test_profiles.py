"""Institutions and profiles: who may write them, and what is noted."""

import pytest

from accounts.models import AuditEvent, Institution, User
from tests.admin.conftest import errors_of
from tests.factories import make_institution, make_user


@pytest.fixture
def office(as_office, staff):
    return as_office(staff)


def test_staff_add_and_confirm_institutions(office, staff):
    fields = {"name": "Universitas Baru", "read_version": 1}
    assert office.save(Institution, fields).status_code == 302
    institution = Institution.objects.get(name_key="universitas baru")
    page = office.save(Institution, {"name": " UNIVERSITAS  baru", "read_version": 1})
    assert list(errors_of(page)) == ["name"]
    fields = {"name": "Renamed", "confirmed": "on", "read_version": 1}
    assert office.save(Institution, fields, institution).status_code == 302
    institution.refresh_from_db()
    assert (institution.name, institution.confirmed) == ("Renamed", True)
    events = AuditEvent.objects.filter(object_id=institution.pk).order_by("id")
    assert [e.action for e in events] == ["institution.created", "institution.changed"]


def test_an_admin_corrects_a_profile(as_office, admin):
    person, institution = make_user(), make_institution("Universitas Baru")
    office = as_office(admin)
    fields = office.filled(User, person)
    assert {"email", "role", "is_active", "password"}.isdisjoint(fields)
    fields |= {"full_name": "Sari", "institution": str(institution.pk), "role": "admin"}
    page = office.save(User, fields, person)
    assert page.status_code == 302, errors_of(page)
    person.refresh_from_db()
    assert (person.full_name, person.institution_name) == ("Sari", "Universitas Baru")
    assert person.role == "participant"
    event = AuditEvent.objects.get(action="account.profile_changed")
    assert (event.actor_id, event.object_id) == (admin.pk, person.pk)


def test_staff_only_read_profiles(office):
    person = make_user(full_name="Sari")
    page = office.save(User, {"full_name": "Mallory", "read_version": 1}, person)
    assert page.status_code == 403
    person.refresh_from_db()
    assert person.full_name == "Sari"
