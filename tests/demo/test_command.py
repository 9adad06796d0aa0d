"""``load_demo``: where it loads, where it refuses, and what it says."""

import time

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management.base import CommandError

from accounts.models import User
from accounts.workflow import check_credentials
from registrations.models import Competition, Registration
from submissions.demo.people import PASSWORD
from submissions.models import Submission, SubmissionFile
from tests.database import empty_filled_tables
from tests.factories import make_competition, make_user


def described():
    """All that a seed decides: names, states, texts, and the bytes of each file."""
    return {
        "people": sorted(
            User.objects.values_list(
                "full_name",
                "email",
                "phone",
                "institution_name",
                "student_number",
                "study_program",
                "entry_year",
                "role",
            ),
            key=str,
        ),
        "competitions": list(
            Competition.objects.order_by("slug").values_list(
                "slug", "title", "status", "questions", "required_documents"
            )
        ),
        "teams": [
            (
                team.team_name,
                team.status,
                team.answers,
                [(m["full_name"], m["role"]) for m in team.roster],
                [
                    (d.kind, d.status, d.reason, d.file_name, d.sha256)
                    for d in team.documents.order_by("id")
                ],
                [i.email for i in team.invitations.order_by("id")],
            )
            for team in Registration.objects.order_by("team_name")
        ],
        "works": list(
            Submission.objects.order_by("team_name").values_list(
                "title", "summary", "link_url", "status", "version_number"
            )
        ),
        "files": sorted(SubmissionFile.objects.values_list("name", "size", "sha256")),
    }


def test_the_same_seed_gives_the_same_demo(load_demo):
    load_demo()
    first = described()
    empty_filled_tables()
    load_demo()
    assert described() == first
    empty_filled_tables()
    load_demo("--seed", "2")
    other = described()
    assert other["people"] != first["people"]
    assert {team[0] for team in other["teams"]} != {team[0] for team in first["teams"]}


def test_every_seed_makes_the_same_states(load_demo):
    for seed in range(3, 7):
        load_demo("--seed", str(seed))
        statuses = sorted(Registration.objects.values_list("status", flat=True))
        assert statuses == ["approved"] * 2 + ["draft"] * 3 + ["submitted"]
        empty_filled_tables()


def test_it_refuses_a_database_with_rows(load_demo):
    make_user()
    with pytest.raises(CommandError, match="holds rows"):
        load_demo()
    assert User.objects.count() == 1


def test_forced_it_adds_to_what_is_there(load_demo):
    make_user()
    load_demo("--force")
    assert User.objects.count() == 23


def test_forced_it_still_refuses_a_second_demo(load_demo):
    load_demo()
    with pytest.raises(CommandError, match="already"):
        load_demo("--force")
    assert User.objects.count() == 22


def test_a_competition_of_the_same_slug_is_no_half_a_demo(load_demo):
    make_competition(slug="hackathon")
    people = User.objects.count()
    with pytest.raises(CommandError):
        load_demo("--force")
    assert User.objects.count() == people


def test_if_empty_loads_once_and_prints_the_log_ins_each_time(load_demo):
    first = load_demo("--if-empty")
    people = User.objects.count()
    assert people == 22
    assert load_demo("--if-empty") == first
    assert User.objects.count() == people


def test_if_empty_leaves_other_peoples_rows_alone(load_demo):
    make_user()
    assert load_demo("--if-empty") == ["There are no demo accounts in this database."]
    assert User.objects.count() == 1


@pytest.mark.parametrize("arguments", [[], ["--if-empty"]])
def test_production_is_refused(load_demo, settings, arguments):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        load_demo(*arguments)
    assert not User.objects.exists()
    load_demo("--force")
    assert User.objects.exists()


def test_the_log_ins_printed_are_true(load_demo):
    lines = [line.split() for line in load_demo()]
    assert [line[0] for line in lines[:2]] == ["staff", "admin"]
    assert len(lines) == 8
    for role, email, password, *_rest in lines:
        user = check_credentials(email, password)
        assert user.role == role
        assert user.email_verified


def test_the_password_is_a_good_one(load_demo):
    load_demo()
    for user in User.objects.all():
        validate_password(PASSWORD, user=user)


def test_it_takes_less_than_ten_seconds(load_demo):
    started = time.monotonic()
    load_demo()
    assert time.monotonic() - started < 10
