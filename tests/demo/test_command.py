"""``load_demo``: where it loads, where it refuses, and what it says."""

from collections import Counter

import pytest
from django.core.management.base import CommandError

from accounts.models import User
from registrations.models import Competition, Registration
from submissions.demo import event
from submissions.demo.people import open_office
from submissions.models import ResultSnapshot, Review, Submission, SubmissionFile
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
        "marks": sorted(
            (review.comment, review.final, sorted(m for _id, m in review.scores))
            for review in Review.objects.all()
        ),
        "results": [
            (
                result.stage_name,
                result.number,
                result.status,
                [(row["rank"], row["team_name"], row["score"]) for row in result.rows],
            )
            for result in ResultSnapshot.objects.order_by("id")
        ],
        "files": sorted(SubmissionFile.objects.values_list("name", "size", "sha256")),
    }


def states(demo):
    """How many teams are in which state, and works."""
    teams = Counter(team[1] for team in demo["teams"])
    return teams, Counter(work[3:] for work in demo["works"])


def test_the_same_seed_gives_the_same_demo(load_demo):
    load_demo()
    first = described()
    empty_filled_tables()
    load_demo()
    assert described() == first
    empty_filled_tables()
    load_demo("--seed", "2")
    other = described()
    assert states(other) == states(first)
    assert other["people"] != first["people"]
    assert {team[0] for team in other["teams"]} != {team[0] for team in first["teams"]}


@pytest.fixture
def small(monkeypatch):
    """A demo of one person, for tests of the command around it."""
    monkeypatch.setattr(event, "load", lambda seed, *, at: open_office())


def test_it_refuses_a_database_with_rows(load_demo, small):
    make_user()
    with pytest.raises(CommandError, match="holds rows"):
        load_demo()
    assert User.objects.count() == 1


def test_forced_it_adds_to_what_is_there(load_demo, small):
    make_user()
    load_demo("--force")
    assert User.objects.count() == 3


def test_forced_it_still_refuses_a_second_demo(load_demo, small):
    load_demo()
    with pytest.raises(CommandError, match="already"):
        load_demo("--force")
    assert User.objects.count() == 2


def test_a_competition_of_the_same_slug_is_no_half_a_demo(load_demo):
    make_competition(slug="hackathon")
    people = User.objects.count()
    with pytest.raises(CommandError):
        load_demo("--force")
    assert User.objects.count() == people


def test_if_empty_loads_once_and_prints_the_log_ins_each_time(load_demo, small):
    first = load_demo("--if-empty")
    people = User.objects.count()
    assert people == 2
    assert [line.split()[0] for line in first] == ["staff", "admin"]
    assert load_demo("--if-empty") == first
    assert User.objects.count() == people


def test_if_empty_leaves_other_peoples_rows_alone(load_demo):
    make_user()
    assert load_demo("--if-empty") == ["There are no demo accounts in this database."]
    assert User.objects.count() == 1


@pytest.mark.parametrize("arguments", [[], ["--if-empty"]])
def test_production_is_refused(load_demo, small, settings, arguments):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        load_demo(*arguments)
    assert not User.objects.exists()
    load_demo("--force")
    assert User.objects.exists()
