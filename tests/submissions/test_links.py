"""Links: to the hosts that the stage names, and to none that only look like them."""

from __future__ import annotations

import pytest

from competition_site.rules import RuleViolation
from submissions import workflow
from submissions.workflow.links import hosts_error, link_error
from tests.api import Api
from tests.factories import make_approved, make_staff, make_stage, make_submission

HOSTS = ["github.com", "docs.google.com"]


@pytest.mark.parametrize(
    "link",
    [
        "https://github.com/team/work",
        "http://github.com",
        "https://gist.github.com/1",
        "https://GitHub.COM/team",
        "https://docs.google.com/document/d/1?usp=sharing#heading=h.1",
    ],
)
def test_a_host_takes_its_sub_domains_along(link: str):
    assert link_error(link, HOSTS) is None


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/github.com",
        "https://github.com.evil.example/",
        "https://notgithub.com/",
        "https://google.com/",
        "https://github.com@evil.example/",
        "https://evil.example@github.com/",
        "https://evil.example\\@github.com/",
        "https://github.com\\.evil.example/",
        "https://github.com:443/",
        "https://github.com:8080/",
        "https://github.com:/",
        "https://github.com./",
        "https://.github.com/",
        "https://a..github.com/",
        "https://g\u0456thub.com/",  # Cyrillic \u0456
        "https://\uff47ithub.com/",  # full width
        "https://github\u3002com/",  # ideographic full stop
        "https://github%2ecom/",
        "https://git\u00adhub.com/",  # soft hyphen
        "https://github.com\t.evil.example/",
        "https://github.com\n.evil.example/",
        " https://github.com/",
        "https:github.com/",
        "https:///github.com/",
        "//github.com/",
        "javascript://github.com/%0aalert(1)",
        "ftp://github.com/",
        "github.com/team",
        "https://[::1]/",
        "https://[github.com/",
        "https://192.0.2.1/",
        "https://",
    ],
)
def test_what_only_looks_like_it_is_refused(link: str):
    assert link_error(link, HOSTS) is not None


def test_without_hosts_any_will_do():
    assert link_error("https://demo.example:8080/", ()) is None
    assert (
        link_error("https://\u043f\u0440\u0438\u043c\u0435\u0440.example/", ()) is None
    )
    assert link_error("https://someone@demo.example/", ()) is not None
    assert link_error("javascript:alert(1)", ()) is not None


@pytest.mark.parametrize(
    "hosts",
    [
        "github.com",
        {"github.com": True},
        ["https://github.com"],
        ["github.com/"],
        ["github.com:443"],
        ["*.github.com"],
        ["com"],
        [".com"],
        ["GitHub.com"],
        ["github.com."],
        ["g\u0456thub.com"],
        ["-a.example"],
        [""],
        [None],
        [["github.com"]],
        ["github.com\n"],
        [f"{'a' * 64}.example"],
        [".".join(["abc"] * 80)],
        ["github.com"] * 21,
    ],
)
def test_hosts_that_are_none(hosts: object):
    assert hosts_error(hosts) is not None


def test_hosts_that_are_some():
    assert hosts_error([]) is None
    assert hosts_error(HOSTS) is None
    assert hosts_error(["xn--e1afmkfd.example", "1.example"]) is None


@pytest.mark.django_db
def test_the_api_names_the_hosts_it_accepts():
    stage = make_stage(accepts_link=True)
    staff, path = Api(make_staff()), f"/stages/{stage.pk}"
    answer = staff.patch(path, {"link_hosts": ["GitHub.com", "docs.google.com"]})
    assert answer.status_code == 200
    assert "link_hosts" not in answer.json()["data"]
    stage.refresh_from_db()
    assert stage.link_hosts == ["github.com", "docs.google.com"]
    team = make_approved(competition=stage.competition)
    student = Api(team.leader)
    sent = {"registration": str(team.pk), "stage": str(stage.pk), "title": "Ours"}
    refused = student.post("/submissions", sent | {"link_url": "https://evil.example"})
    assert refused.status_code == 400
    [text] = refused.json()["data"]["errors"]["link_url"]
    assert "github.com, docs.google.com" in text
    taken = student.post("/submissions", sent | {"link_url": "https://github.com/a"})
    assert taken.status_code == 201
    path = f"/submissions/{taken.json()['data']['id']}"
    refused = student.patch(path, {"link_url": "https://github.com.evil.example"})
    assert list(refused.json()["data"]["errors"]) == ["link_url"]
    assert student.patch(path, {"link_url": ""}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "hosts", [["*"], ["com"], "github.com", [1], ["a.example"] * 21]
)
def test_the_api_refuses_hosts_that_are_none(hosts: object):
    stage = make_stage()
    answer = Api(make_staff()).patch(f"/stages/{stage.pk}", {"link_hosts": hosts})
    assert answer.status_code == 400
    assert next(iter(answer.json()["data"]["errors"])).startswith("link_hosts")
    stage.refresh_from_db()
    assert stage.link_hosts == []


@pytest.mark.django_db
def test_a_link_that_was_fine_before_is_asked_again_when_it_is_handed_in():
    stage = make_stage(accepts_link=True)
    work = make_submission(stage, link_url="https://demo.example/")
    leader = work.registration.leader
    workflow.change_stage(stage, by=make_staff(), link_hosts=["github.com"])
    with pytest.raises(RuleViolation) as refusal:
        workflow.hand_in(work, by=leader, at=stage.opens_at)
    assert refusal.value.code == "submission_incomplete"
    assert list(refusal.value.errors) == ["link_url"]
    workflow.edit(work, by=leader, at=stage.opens_at, link_url="https://github.com/a")
    assert workflow.hand_in(work, by=leader, at=stage.opens_at).number == 1
