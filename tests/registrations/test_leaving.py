"""Teams that leave: by themselves while they may, by staff, or out of time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage

from accounts.models import AuditEvent
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import (
    Competition,
    Document,
    Invitation,
    Membership,
    Registration,
)
from registrations.workflow import leaving
from tests.api import Api
from tests.factories import (
    add_member,
    invitation_token,
    make_document,
    make_registration,
    make_staff,
    make_user,
)
from tests.registrations.states import bring_to, one_place, prove, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("counted")]

TICK = timedelta(milliseconds=1)


def refused(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)
    return refusal.value.code


def withdraw(team: Registration, **fields: Any) -> None:
    workflow.withdraw(team, by=team.leader, **{"at": now()} | fields)


def disqualify(team: Registration) -> None:
    workflow.disqualify(team, note="Two teams.", by=make_staff(), at=now())


def expire(team: Registration) -> None:
    assert workflow.expire_unpaid(team, at=now() + timedelta(days=3))


@pytest.fixture
def team(db: None) -> Registration:
    """A submitted team of two that has asked a third."""
    team = make_registration(one_place())
    add_member(team)
    invitation_token(team, "guest@mail.example")
    return workflow.submit(team, by=team.leader, at=now())


LEAVING = pytest.mark.parametrize("leaves", [withdraw, disqualify, expire])


@LEAVING
def test_what_hangs_on_a_team_ends_with_it(team: Registration, leaves: Any):
    leaves(team)
    assert (team.payment_status, team.seat_taken) == ("expired", False)
    assert Invitation.objects.filter(status="pending").count() == 0
    competition = Competition.objects.get(pk=team.competition_id)
    assert (competition.seats_taken, competition.waitlist_length) == (0, 0)
    event = AuditEvent.objects.get(action=f"registration.{team.status}")
    assert event.changes == [["from", "submitted"]]
    kind = "payment_expired" if leaves is expire else f"registration_{team.status}"
    mails = OutboxMessage.objects.filter(kind=kind)
    assert set(mails.values_list("recipient", flat=True)) == {
        member.user.email for member in team.memberships.all()
    }


@LEAVING
def test_members_enter_anew_but_not_after_a_disqualification(
    team: Registration, leaves: Any
):
    leaves(team)
    again = {"leader": team.leader, "team_name": "Others"}
    if leaves is disqualify:
        code = refused(make_registration, team.competition, **again)
        assert code == "already_registered"
        assert Membership.objects.filter(registration=team, active=True).count() == 2
    else:
        anew = make_registration(team.competition, **again)
        answer = Api(team.leader).get("/registrations").json()["data"]["results"]
        assert {row["id"] for row in answer} == {str(team.pk), str(anew.pk)}


@LEAVING
def test_the_name_is_free_again_but_not_after_a_disqualification(
    team: Registration, leaves: Any
):
    leaves(team)
    name = {"team_name": team.team_name}
    if leaves is disqualify:
        code = refused(make_registration, team.competition, **name)
        assert code == "team_name_taken"
    else:
        make_registration(team.competition, **name)


@LEAVING
def test_members_still_see_what_became_of_their_team(team: Registration, leaves: Any):
    leaves(team)
    for member in team.memberships.all():
        shown = Api(member.user).get(f"/registrations/{team.pk}").json()["data"]
        assert shown["status"] == team.status
        assert set(shown["can"].values()) <= {"invalid_transition", "permission_denied"}
        assert shown["next_actions"] == []


@LEAVING
def test_a_payment_that_was_proved_stays_as_it_is(team: Registration, leaves: Any):
    if leaves is expire:
        return  # who has sent a proof does not run out of time
    prove(team)
    leaves(team)
    assert team.payment_status == "proof_submitted"
    workflow.verify_payment(team, by=make_staff(), at=now())
    assert team.payment_status == "verified"


@LEAVING
def test_the_apps_above_hear_of_it_in_the_same_transaction(
    team: Registration, leaves: Any
):
    heard: list[tuple[Any, str]] = []
    workflow.follow(lambda row: heard.append((row.pk, row.status)))
    try:
        leaves(team)
    finally:
        leaving._followers.popitem()
    assert heard == [(team.pk, team.status)]


def test_what_a_follower_refuses_undoes_the_leaving(team: Registration):
    def refuse(_: Registration) -> None:
        raise RuleViolation("in_use")

    workflow.follow(refuse)
    try:
        assert refused(withdraw, team) == "in_use"
    finally:
        leaving._followers.popitem()
    team.refresh_from_db()
    assert (team.status, team.seat_taken) == ("submitted", True)
    assert not OutboxMessage.objects.filter(kind="registration_withdrawn").exists()
    assert Invitation.objects.filter(status="pending").count() == 1


# --- withdrawing --------------------------------------------------------------------
@pytest.mark.parametrize("own_date", [True, False])
def test_teams_withdraw_until_the_date_of_the_competition(
    team: Registration, own_date: bool
):
    competition = team.competition
    end = competition.ends_at
    if own_date:
        end = now() + timedelta(hours=1)
        Competition.objects.filter(pk=competition.pk).update(withdrawal_closes_at=end)
    assert refused(withdraw, team, at=end) == "invalid_transition"
    team.refresh_from_db()
    assert team.status == "submitted"
    withdraw(team, at=end - TICK)
    assert team.status == "withdrawn"


def test_after_that_date_can_and_the_answer_say_so(team: Registration):
    Competition.objects.filter(pk=team.competition_id).update(
        withdrawal_closes_at=now()
    )
    api = Api(team.leader)
    possible = api.get(f"/registrations/{team.pk}").json()["data"]["can"]
    assert possible["withdraw"] == "invalid_transition"
    answer = api.post(f"/registrations/{team.pk}/withdraw").json()
    assert "no longer withdraw" in answer["message"]


def test_staff_take_a_team_out_at_any_time(team: Registration):
    at = team.competition.ends_at
    workflow.disqualify(team, note="Cheated.", by=make_staff(), at=at)
    assert (team.status, team.note) == ("disqualified", "Cheated.")
    mail = OutboxMessage.objects.filter(kind="registration_disqualified").first()
    assert mail is not None
    assert "Cheated." in mail.body


@pytest.mark.parametrize("verb", ["reject", "waitlist", "reopen", "disqualify"])
@pytest.mark.parametrize(
    "body", [{}, {"note": ""}, {"note": " "}, {"note": "x" * 2001}]
)
def test_staff_say_why(team: Registration, verb: str, body: Any):
    answer = Api(make_staff()).post(f"/registrations/{team.pk}/{verb}", body)
    assert answer.json()["data"]["code"] == "validation_error"
    assert list(answer.json()["data"]["errors"]) == ["note"]


def test_a_team_that_waits_leaves_the_list():
    team = bring_to("waitlisted", make_registration(one_place()))
    withdraw(team)
    assert Competition.objects.get(pk=team.competition_id).waitlist_length == 0


# --- drafts -------------------------------------------------------------------------
def test_drafts_end_with_the_registration():
    competition = one_place()
    draft, holder = make_registration(competition), submitted(competition)
    waiting = submitted(competition)
    closes = competition.registration_closes_at
    assert list(workflow.due_drafts(closes - TICK)) == []
    assert not workflow.expire_draft(draft, at=closes - TICK)
    assert list(workflow.due_drafts(closes)) == [draft]
    assert workflow.expire_draft(draft, at=closes)
    assert not workflow.expire_draft(draft, at=closes)
    assert not workflow.expire_draft(holder, at=closes)
    waiting.refresh_from_db()
    assert (draft.status, waiting.status) == ("expired", "waitlisted")
    assert OutboxMessage.objects.filter(kind="draft_expired").count() == 1


@pytest.fixture
def draft(db: None) -> Registration:
    """A draft with a member, an invitation and a document."""
    draft = make_registration(one_place())
    add_member(draft)
    invitation_token(draft, "guest@mail.example")
    make_document(draft)
    return draft


def test_a_draft_is_deleted_with_all_that_hangs_on_it(draft: Registration):
    key = draft.documents.get().storage_key
    competition = draft.competition
    answer = Api(draft.leader).delete(f"/registrations/{draft.pk}")
    assert (answer.status_code, answer.json()["data"]) == (200, None)
    for model in (Registration, Membership, Invitation, Document):
        assert not model.objects.exists()
    assert not default_storage.exists(key)
    assert AuditEvent.objects.filter(action="registration.deleted").count() == 1
    competition.refresh_from_db()
    assert competition.registered  # what it has asked for stays as it was
    make_registration(competition, leader=draft.leader, team_name=draft.team_name)


def test_a_deletion_heeds_the_version(draft: Registration):
    api, path = Api(draft.leader), f"/registrations/{draft.pk}"
    stale = api.delete(path, If_Match=f'"{draft.version - 1}"')
    assert stale.status_code == 412
    assert Registration.objects.filter(pk=draft.pk).exists()
    assert default_storage.exists(draft.documents.get().storage_key)
    assert api.delete(path, If_Match=f'"{draft.version}"').status_code == 200


def test_what_comes_after_a_deletion_finds_nothing(draft: Registration):
    late = Registration.objects.get(pk=draft.pk)
    leader, member = late.leader, late.memberships.get(role="member").user
    workflow.delete_draft(draft, by=leader, at=now())
    asked: dict[str, Any] = {"by": leader, "at": now()}
    for verb in (workflow.delete_draft, workflow.submit, workflow.withdraw):
        assert refused(verb, late, **asked) == "not_found"
    assert refused(workflow.edit, late, by=leader, team_name="X") == "not_found"
    assert refused(workflow.invite, late, email="x@mail.example", **asked) == (
        "not_found"
    )
    assert refused(workflow.hand_over, late, member, **asked) == "not_found"
    assert refused(make_document, late) == "not_found"


def test_only_a_draft_is_deleted(team: Registration):
    answer = Api(team.leader).delete(f"/registrations/{team.pk}")
    assert answer.json()["data"]["code"] == "invalid_transition"


def test_a_stranger_learns_nothing_of_a_draft(draft: Registration):
    stranger = Api(make_user())
    for verb in ("withdraw", "offer/accept", "offer/decline", "submit"):
        answer = stranger.post(f"/registrations/{draft.pk}/{verb}")
        assert answer.status_code == 404
