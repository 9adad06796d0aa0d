"""Lists: searched by prefix, filtered by what is on offer, newest first, safe."""

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Institution, MailToken, User
from competition_site.outbox.models import OutboxMessage
from registrations.models import Competition, Invitation, Registration
from submissions.models import Stage, Submission, SubmissionVersion
from tests.factories import (
    make_approved,
    make_competition,
    make_institution,
    make_registration,
    make_stage,
    make_user,
)

XSS = "<script>alert(1)</script>"


@pytest.fixture
def office(as_office, staff):
    return as_office(staff)


def test_the_newest_comes_first(office):
    competition = make_competition()
    names = ["Alpha", "Beta", "Gamma"]
    for name in names:
        make_registration(competition, team_name=name)
    shown = [
        row.team_name for row in office.list(Registration).context["cl"].result_list
    ]
    assert shown == ["Gamma", "Beta", "Alpha"]


def test_search_takes_the_beginning_of_a_name_in_any_case(office):
    competition = make_competition(title="Capture the Flag")
    for name in ("Root Mendoan", "Mendoan Root"):
        make_registration(competition, team_name=name)
    make_institution("Universitas Gadjah Mada")
    make_user(email="sari@mail.example")
    assert office.names(Registration, q=" ROOT  m") == [
        "Root Mendoan (Capture the Flag)"
    ]
    assert office.names(Competition, q="CAPTURE") == ["Capture the Flag"]
    assert office.names(Competition, q="flag") == []
    assert office.names(Institution, q="universitas g") == ["Universitas Gadjah Mada"]
    assert len(office.names(User, q="SARI@")) == 1
    assert office.names(User, q=".*") == []
    assert office.names(Registration, q="%") == []


@pytest.mark.parametrize(
    ("model", "index"),
    [(Registration, "registration_search"), (Competition, "competition_title")],
)
def test_an_index_serves_the_search(db, rf, model, index):
    page, newest = site.get_model_admin(model), model.objects.order_by("-id")
    found, _ = page.get_search_results(rf.get("/"), newest, "Ko")
    assert index in found.explain()


def test_a_receipt_is_found_by_its_code(rows, office):
    version = rows[SubmissionVersion]
    assert office.names(SubmissionVersion, q=f" {version.code.lower()} ") == [
        str(version)
    ]
    assert office.names(SubmissionVersion, q=version.code[:5]) == []


def test_filters_choose_rows(office):
    draft, approved = make_registration(), make_approved()
    assert office.names(Registration, status__exact="approved") == [str(approved)]
    chosen = {"competition__id__exact": str(draft.competition_id)}
    assert office.names(Registration, **chosen) == [str(draft)]
    assert office.names(User, role__exact="admin") == []


def test_nothing_can_be_guessed_at_through_a_filter(rows, office):
    """Stock Django would answer whether a hash or a mail begins with a text."""
    guesses = {
        User: "password__startswith",
        OutboxMessage: "body__contains",
        MailToken: "digest__startswith",
        Invitation: "digest__startswith",
    }
    for model, lookup in guesses.items():
        assert office.list(model, **{lookup: "a"}).status_code == 400, model


def test_mail_bodies_and_hashes_never_appear(rows, as_office, admin):
    office = as_office(admin)
    secrets = [mail.body.partition("#token=")[2][:20] for mail in _mails()]
    secrets += [rows[MailToken].digest, rows[Invitation].digest, admin.password]
    secrets = [secret for secret in secrets if secret]
    assert len(secrets) > 3
    for model in (OutboxMessage, MailToken, Invitation, User):
        pages = [office.list(model), *map(office.open, model.objects.all())]
        html = "".join(page.content.decode() for page in pages)
        assert not [secret for secret in secrets if secret in html], model


def _mails():
    return OutboxMessage.objects.filter(body__contains="#token=")


def test_a_team_name_is_text_and_not_markup(office):
    competition = make_competition(title=f"T{XSS}")
    registration = make_registration(competition, team_name=XSS)
    for page in (
        office.list(Registration),
        office.open(registration),
        office.list(Competition),
        office.open(competition),
    ):
        html = page.content.decode()
        assert XSS not in html
        assert "&lt;script&gt;" in html
    assert office.run("approve", registration)[0].startswith(XSS)
    page = office.client.post(
        office.url(Registration),
        {"action": "approve", "_selected_action": [str(registration.pk)]},
        follow=True,
    )
    assert XSS not in page.content.decode()


@pytest.mark.parametrize("model", [Registration, User, Stage, Submission, Competition])
def test_a_list_costs_as_much_for_three_rows_as_for_one(office, model):
    make_registration(make_stage().competition)
    counts = [_queries_of(office, model)]
    for _ in range(2):
        make_registration(make_stage().competition)
    counts.append(_queries_of(office, model))
    assert counts[0] == counts[1]


def _queries_of(office, model):
    office.list(model)  # fills what is cached per process
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert office.list(model).status_code == 200
    return len(queries)


def test_moments_name_their_zone(office, settings):
    make_competition()
    assert settings.TIME_ZONE == "Asia/Jakarta"
    assert " WIB" in office.list(Competition).content.decode()


def test_a_whole_page_of_rows_can_be_ticked(office, settings):
    competition = make_competition()
    rows = [make_registration(competition) for _ in range(3)]
    from registrations.admin import RegistrationPage

    assert RegistrationPage.list_per_page < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS - 10
    assert len(office.run("approve", *rows)) == 3
