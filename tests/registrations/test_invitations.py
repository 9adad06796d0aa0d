"""Invitations in all their states: sent again, revoked, declined, accepted by id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, User
from competition_site.api import throttles
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Invitation, Membership, Registration
from registrations.workflow import locking
from tests.api import Api
from tests.contract.answers import refusal
from tests.factories import (
    add_member,
    invitation_token,
    mailed_token,
    make_competition,
    make_registration,
    make_user,
)
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(db: None) -> Registration:
    return make_registration()


@pytest.fixture
def guest(db: None) -> User:
    return make_user()


def invited(team: Registration, guest: User) -> Invitation:
    return workflow.invite(team, email=guest.email, by=team.leader, at=now())


def kinds_mailed_to(user: User) -> list[str]:
    mails = OutboxMessage.objects.filter(recipient=user.email).order_by("id")
    return list(mails.values_list("kind", flat=True))


def status_of(invitation: Invitation) -> str:
    invitation.refresh_from_db()
    return str(invitation.status)


# --- the invited person -------------------------------------------------------------
def test_the_invited_person_sees_what_waits_for_an_answer(team, guest):
    waiting = invited(team, guest)
    invited(team, make_user())
    for status in ("declined", "revoked", "expired", "accepted"):
        other = invited(make_registration(), guest)
        Invitation.objects.filter(pk=other.pk).update(status=status)
    run_out = invited(make_registration(), guest)
    Invitation.objects.filter(pk=run_out.pk).update(expires_at=now())
    [row] = Api(guest).get("/invitations").json()["data"]["results"]
    assert row == {
        "id": str(waiting.pk),
        "competition": {
            "slug": team.competition_slug,
            "title": team.competition_title,
        },
        "team_name": team.team_name,
        "email": guest.email,
        "status": "pending",
        "expires_at": row["expires_at"],
    }


def test_the_leader_who_sent_them_has_no_list_of_others_answers(team, guest):
    invited(team, guest)
    assert Api(team.leader).get("/invitations").json()["data"]["results"] == []


@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_an_unproven_address_is_nobodys_invitation(team, verb, settings):
    settings.REQUIRE_VERIFIED_EMAIL = False
    pretender = make_user(email_verified=False)
    invitation = invited(team, pretender)
    api = Api(pretender)
    assert api.get("/invitations").json()["data"]["results"] == []
    answer = api.post(f"/invitations/{invitation.pk}/{verb}")
    assert refusal(answer) == (404, "not_found")
    assert status_of(invitation) == "pending"


@pytest.mark.parametrize("verb", ["accept_own_invitation", "decline_invitation"])
def test_the_verbs_ask_themselves_who_is_invited(team, verb, settings):
    settings.REQUIRE_VERIFIED_EMAIL = False
    pretender = make_user(email_verified=False)
    invitation = invited(team, pretender)
    for who in (pretender, make_user(), team.leader):
        with pytest.raises(RuleViolation) as refused:
            getattr(workflow, verb)(invitation, by=who, at=now())
        assert refused.value.code == "permission_denied"
    assert status_of(invitation) == "pending"


def test_accepting_by_id_joins_the_team(team, guest):
    invitation = invited(team, guest)
    answer = Api(guest).post(f"/invitations/{invitation.pk}/accept")
    assert answer.status_code == 200
    assert str(guest.pk) in {m["id"] for m in answer.json()["data"]["members"]}
    assert answer["ETag"] == f'"{answer.json()["data"]["version"]}"'
    assert status_of(invitation) == "accepted"
    assert kinds_mailed_to(team.leader) == ["member_joined"]
    event = AuditEvent.objects.get(action="invitation.accepted")
    assert event.actor_id == guest.pk


def test_declining_tells_the_leader_and_ends_the_link(team, guest):
    token = invitation_token(team, guest.email)
    invitation = Invitation.objects.get()
    answer = Api(guest).post(f"/invitations/{invitation.pk}/decline")
    assert answer.json()["data"]["status"] == "declined"
    assert kinds_mailed_to(team.leader) == ["invitation_declined"]
    after = Api(guest).post("/invitations/accept", {"token": token})
    assert refusal(after) == (409, "invitation_not_pending")
    team.refresh_from_db()
    assert team.members_count == 1


@pytest.mark.parametrize("verb", ["accept", "decline"])
@pytest.mark.parametrize("status", ["accepted", "declined", "revoked", "expired"])
def test_an_answered_invitation_takes_no_other_answer(team, guest, verb, status):
    invitation = invited(team, guest)
    Invitation.objects.filter(pk=invitation.pk).update(status=status)
    answer = Api(guest).post(f"/invitations/{invitation.pk}/{verb}")
    assert refusal(answer) == (409, "invitation_not_pending")
    assert status_of(invitation) == status


@pytest.mark.parametrize("verb", ["accept", "decline", "resend"])
def test_one_that_has_run_out_takes_no_answer(team, guest, verb):
    invitation = invited(team, guest)
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=now())
    api = Api(team.leader if verb == "resend" else guest)
    answer = api.post(f"/invitations/{invitation.pk}/{verb}")
    assert refusal(answer) == (409, "invitation_not_pending")
    assert Membership.objects.filter(user=guest).count() == 0


def test_a_team_that_has_ended_is_joined_by_nobody(team, guest):
    invitation = invited(team, guest)
    team.move_to("withdrawn")
    answer = Api(guest).post(f"/invitations/{invitation.pk}/accept")
    assert refusal(answer) == (409, "invalid_transition")
    assert status_of(invitation) == "pending"
    assert not Membership.objects.filter(user=guest).exists()


def test_who_is_in_a_team_of_the_competition_stays_there(team, guest):
    make_registration(team.competition, leader=guest)
    invitation = invited(team, guest)
    answer = Api(guest).post(f"/invitations/{invitation.pk}/accept")
    assert refusal(answer) == (409, "already_registered")
    assert status_of(invitation) == "pending"


def test_who_does_not_meet_the_conditions_does_not_join(guest):
    conditions = {"mixed_institutions": False}
    team = make_registration(make_competition(eligibility=conditions))
    invitation = invited(team, guest)
    path = f"/invitations/{invitation.pk}/accept"
    assert refusal(Api(guest).post(path)) == (409, "not_eligible")
    assert status_of(invitation) == "pending"
    guest.institution = team.leader.institution
    guest.save()
    assert Api(guest).post(path).status_code == 200


# --- the leader ---------------------------------------------------------------------
def test_a_repeated_invitation_names_the_open_one(team, guest):
    held = invited(team, guest)
    path = f"/registrations/{team.pk}/invitations"
    answer = Api(team.leader).post(path, {"email": f" {guest.email.upper()} "})
    assert refusal(answer) == (409, "already_exists")
    assert answer.json()["data"]["id"] == str(held.pk)


@pytest.mark.django_db(transaction=True)
def test_of_two_invitations_at_once_one_is_sent_and_the_other_names_it():
    team, guest = make_registration(), make_user()
    path = f"/registrations/{team.pk}/invitations"
    api = Api(team.leader)
    answers = race(*[lambda: api.post(path, {"email": guest.email})] * 6)
    made = [a.json()["data"]["id"] for a in answers if a.status_code == 201]
    refused = [a.json()["data"] for a in answers if a.status_code != 201]
    assert len(made) == 1
    assert {(r["code"], r["id"]) for r in refused} == {("already_exists", made[0])}
    assert kinds_mailed_to(guest) == ["invitation"]


@pytest.mark.parametrize("status", ["declined", "revoked", "expired", "accepted"])
def test_after_an_end_another_one_may_be_sent(team, guest, status):
    first = invited(team, guest)
    Invitation.objects.filter(pk=first.pk).update(status=status)
    path = f"/registrations/{team.pk}/invitations"
    answer = Api(team.leader).post(path, {"email": guest.email})
    assert answer.status_code == 201
    assert answer.json()["data"]["id"] != str(first.pk)


def test_resending_voids_the_link_before_and_begins_anew(team, guest):
    old = invitation_token(team, guest.email)
    invitation = Invitation.objects.get()
    soon = now() + timedelta(hours=1)
    Invitation.objects.update(expires_at=soon)
    answer = Api(team.leader).post(f"/invitations/{invitation.pk}/resend")
    assert answer.status_code == 200
    assert answer.json()["data"]["id"] == str(invitation.pk)
    assert Invitation.objects.get().expires_at > soon
    new = mailed_token(guest.email)
    assert new != old
    assert kinds_mailed_to(guest) == ["invitation", "invitation"]
    assert AuditEvent.objects.filter(action="invitation.sent_again").count() == 1
    api = Api(guest)
    assert refusal(api.post("/invitations/accept", {"token": old})) == (
        400,
        "link_invalid",
    )
    assert api.post("/invitations/accept", {"token": new}).status_code == 200


def test_the_clock_does_not_end_what_was_sent_again_meanwhile(team, guest):
    invitation = invited(team, guest)
    Invitation.objects.update(expires_at=now())
    [due] = locking.due_invitations(now())
    Invitation.objects.update(expires_at=now() + timedelta(hours=1))
    workflow.resend_invitation(invitation, by=team.leader, at=now())
    assert not locking.expire_invitation(due)
    assert status_of(invitation) == "pending"
    [due] = locking.due_invitations(now() + timedelta(days=8))
    assert locking.expire_invitation(due)
    assert status_of(invitation) == "expired"


def test_what_nobody_could_accept_is_not_sent_again(guest):
    team = make_registration(make_competition(team_size_max=2))
    invitation = invited(team, guest)
    add_member(team)
    answer = Api(team.leader).post(f"/invitations/{invitation.pk}/resend")
    assert refusal(answer) == (409, "team_full")
    assert kinds_mailed_to(guest) == ["invitation"]


def test_revoking_ends_the_link(team, guest):
    token = invitation_token(team, guest.email)
    invitation = Invitation.objects.get()
    answer = Api(team.leader).delete(f"/invitations/{invitation.pk}")
    assert (answer.status_code, answer.json()["data"]) == (200, None)
    assert status_of(invitation) == "revoked"
    assert Api(guest).get("/invitations").json()["data"]["results"] == []
    after = Api(guest).post("/invitations/accept", {"token": token})
    assert refusal(after) == (409, "invitation_not_pending")
    again = Api(team.leader).delete(f"/invitations/{invitation.pk}")
    assert refusal(again) == (409, "invitation_not_pending")


def test_a_revocation_may_ask_for_a_version(team, guest):
    invitation = invited(team, guest)
    path = f"/invitations/{invitation.pk}"
    stale = Api(team.leader).delete(path, If_Match='"7"')
    assert refusal(stale) == (412, "stale_version")
    assert Api(team.leader).delete(path, If_Match='"1"').status_code == 200


def test_who_leads_no_longer_sends_and_revokes_nothing(team, guest):
    mate = add_member(team)
    invitation = invited(team, guest)
    leader = team.leader
    workflow.hand_over(team, mate, by=leader, at=now())
    path = f"/invitations/{invitation.pk}"
    for answer in (Api(leader).delete(path), Api(leader).post(f"{path}/resend")):
        assert refusal(answer) == (404, "not_found")
    assert Api(mate).post(f"{path}/resend").status_code == 200
    assert Api(mate).delete(path).status_code == 200


def test_another_name_of_the_team_is_told_to_who_is_invited(team, guest):
    invited(team, guest)
    workflow.edit(team, by=team.leader, team_name="Elang Jawa")
    [row] = Api(guest).get("/invitations").json()["data"]["results"]
    assert row["team_name"] == "Elang Jawa"


# --- who has an account is not told -------------------------------------------------
def cost_of(call: Callable[[], Any]) -> tuple[int, int]:
    with CaptureQueriesContext(connection) as commands:
        answer = call()
    return answer.status_code, len(commands)


def test_inviting_and_resending_cost_the_same_whoever_is_asked():
    seen = set()
    for email in (
        make_user().email,
        "nobody@mail.example",
        make_user(is_active=False).email,
        make_user(email_verified=False).email,
    ):
        team = make_registration()
        api = Api(team.leader)
        path = f"/registrations/{team.pk}/invitations"
        first = cost_of(lambda p=path, e=email, a=api: a.post(p, {"email": e}))
        invitation = Invitation.objects.get(registration=team)
        again = f"/invitations/{invitation.pk}/resend"
        second = cost_of(lambda p=again, a=api: a.post(p))
        seen.add((first, second))
        assert OutboxMessage.objects.filter(recipient=email).count() == 2
    assert len(seen) == 1
    assert {status for status, _queries in seen.pop()} == {201, 200}


# --- mails an hour ------------------------------------------------------------------
@pytest.fixture
def _few_mails(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.THROTTLE_LIMITS = {
        **settings.THROTTLE_LIMITS,
        "mail_account": "3/1h",
        "invitation_account": "5/1h",
    }
    monkeypatch.setattr(throttles.time, "time", lambda: 1_000_000.0)


@pytest.mark.usefixtures("_few_mails")
def test_an_address_gets_three_mails_an_hour_of_one_leader(team, guest):
    api = Api(team.leader)
    path = f"/registrations/{team.pk}/invitations"
    pk = api.post(path, {"email": guest.email}).json()["data"]["id"]
    statuses = [api.post(f"/invitations/{pk}/resend").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    api.delete(f"/invitations/{pk}")
    assert api.post(path, {"email": guest.email}).status_code == 429
    assert kinds_mailed_to(guest) == ["invitation"] * 3
    assert Api(guest).post("/auth/password/forgot", {"email": guest.email})
    assert kinds_mailed_to(guest)[-1] == "reset_password"


@pytest.mark.usefixtures("_few_mails")
def test_a_leader_writes_to_some_addresses_an_hour(team):
    api = Api(team.leader)
    path = f"/registrations/{team.pk}/invitations"
    statuses = [
        api.post(path, {"email": f"guest{n}@mail.example"}).status_code
        for n in range(7)
    ]
    assert statuses == [201] * 5 + [429] * 2
    assert OutboxMessage.objects.filter(kind="invitation").count() == 5
