"""One event from the first account to the last log-out, over HTTP with real files."""

from __future__ import annotations

import requests

from tests.factories import make_institution
from tests.journey import accounts, organisers, teams, work
from tests.journey.admin_site import AdminSite, anyone_is_sent_to_log_in
from tests.journey.client import sound
from tests.journey.mailbox import Mailbox
from tests.servers import Server, run_command


def test_the_whole_way(server: Server, mailbox: Mailbox) -> None:
    url = server.url
    institution = str(make_institution("Universitas Gadjah Mada").pk)
    make_institution("Institut Teknologi Bandung")

    ready = sound(requests.get(f"{url}/health/ready", timeout=10))
    assert (ready.status, ready.data["status"]) == (200, "ready")

    # An account, and what organisers prepare.
    admin = organisers.appears(url)
    sari = accounts.opens_an_account(url, mailbox)
    accounts.stays_logged_in(sari)
    stage = organisers.makes_a_competition(admin, sari)
    organisers.is_found_by_anybody(url, stage)

    # A team, refused until it lacks nothing.
    team = teams.registers_a_team(sari)
    teams.is_not_ready(team, "profile_incomplete", status=403)
    accounts.completes_the_profile(sari, institution)
    teams.is_not_ready(team, "team_too_small")
    teams.invites(team, mailbox)
    teams.answers(team)
    teams.proves(team, admin, mailbox)
    assert organisers.seats_taken(url) == 0
    teams.submits(team, mailbox)

    # Two approvals: one through the API, one through the admin.
    teams.is_approved(team, admin, mailbox)
    waiting = teams.another_team_submits(url, institution, mailbox)
    anyone_is_sent_to_log_in(url)
    site = AdminSite(url)
    site.log_in(organisers.ADMIN_EMAIL, organisers.ADMIN_PASSWORD)
    site.approve(waiting.path.rpartition("/")[2])
    approved = waiting.leader.get(waiting.path).data
    assert approved["status"] == "approved"
    assert approved["competing"] is False  # nobody has seen its cards
    teams.is_told_of_approval(waiting, "Elang", mailbox)
    assert organisers.seats_taken(url) == 2

    # Work, versions and receipts.
    submission = work.begins(team, stage)
    files = work.adds_files(team.member, submission)
    first = work.hands_in(sari, submission, mailbox)
    assert first["files"] == files
    work.anybody_checks(url, first, [work.PDF, work.ZIP])
    work.hands_in_again(team.member, submission, first, mailbox)

    # What others may not know of; the end.
    stranger = accounts.Student(url, "tono@kampus.example", "Tono")
    stranger.registers()
    teams.is_not_let_in(stranger)
    stranger.verifies(mailbox)
    work.is_closed_to(stranger, team, submission, first)
    accounts.logs_out(sari)
    mailbox.collect(0)
    assert run_command("run_outbox", EMAIL_URL=mailbox.url) == "0 sent"
    assert mailbox.addressed() == {
        "sari@kampus.example": 5,  # verify, member joined, received, approved, receipt
        "budi@kampus.example": 5,  # invitation, verify, refused, approved, receipt
        "dewi@kampus.example": 4,  # verify, member joined, received, approved
        "eko@kampus.example": 3,  # verify, invitation, approved
        "tono@kampus.example": 1,  # verify
    }
