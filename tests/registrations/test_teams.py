"""Teams by consent: who joins, when, and how the roster shows it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import User
from competition_site.clock import now
from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Invitation, Membership, Registration
from tests.factories import (
    add_member,
    invitation_token,
    make_competition,
    make_registration,
    make_user,
)

pytestmark = pytest.mark.django_db


def accept(token: str, user: User, **kwargs) -> Registration:
    return workflow.accept_invitation(token, by=user, at=kwargs.get("at", now()))


def code_of(call, *args, **kwargs) -> str:
    with pytest.raises(RuleViolation) as refusal:
        call(*args, **kwargs)
    return refusal.value.code


def test_who_accepts_is_on_the_roster_with_their_institution():
    registration = make_registration()
    user = add_member(registration)
    entry = registration.roster[-1]
    assert entry["id"] == str(user.pk)
    assert entry["institution"] == user.institution_name
    assert registration.members_count == 2
    assert Membership.objects.filter(registration=registration).count() == 2


def test_an_invitation_holds_no_place_the_last_goes_to_who_accepts_first():
    competition = make_competition(team_size_max=2)
    registration = make_registration(competition)
    first, second = make_user(), make_user()
    tokens = [invitation_token(registration, u.email) for u in (first, second)]
    accept(tokens[1], second)
    assert code_of(accept, tokens[0], first) == "team_full"
    assert Invitation.objects.get(email=first.email).status == "pending"


def test_an_invitation_is_accepted_once():
    registration = make_registration()
    token = invitation_token(registration, "new@mail.example")
    accept(token, make_user())
    assert code_of(accept, token, make_user()) == "invitation_not_pending"


def test_an_invitation_expires():
    registration = make_registration()
    token = invitation_token(registration, "new@mail.example")
    invitation = Invitation.objects.get()
    refusal = code_of(accept, token, make_user(), at=invitation.expires_at)
    assert refusal == "link_expired"


def test_an_unknown_token_is_no_link_of_ours():
    assert code_of(accept, "x" * 43, make_user()) == "link_invalid"


def test_nobody_is_in_two_teams_of_a_competition():
    competition = make_competition()
    mine = make_registration(competition)
    other = make_registration(competition)
    token = invitation_token(other, mine.leader.email)
    assert code_of(accept, token, mine.leader) == "already_registered"
    other.refresh_from_db()
    assert other.members_count == 1
    assert Invitation.objects.get().status == "pending"


def test_a_team_in_another_competition_is_no_hindrance():
    user = add_member(make_registration())
    add_member(make_registration(), user)
    assert user.memberships.count() == 2


def test_joining_needs_a_complete_profile():
    registration = make_registration()
    user = make_user(phone="")
    token = invitation_token(registration, user.email)
    assert code_of(accept, token, user) == "profile_incomplete"


def test_joining_needs_a_verified_address(settings):
    registration = make_registration()
    user = make_user(email_verified=False)
    token = invitation_token(registration, user.email)
    assert code_of(accept, token, user) == "email_not_verified"
    settings.REQUIRE_VERIFIED_EMAIL = False
    accept(token, user)


def test_the_roster_locks_at_its_moment():
    lock = now() + timedelta(hours=1)
    registration = make_registration(make_competition(roster_locks_at=lock))
    token = invitation_token(registration, "new@mail.example")
    assert code_of(accept, token, make_user(), at=lock) == "link_expired"
    refusal = code_of(
        workflow.invite,
        registration,
        email="another@mail.example",
        by=registration.leader,
        at=lock,
    )
    assert refusal == "roster_locked"


def test_an_open_invitation_is_named_when_it_is_repeated():
    registration = make_registration()
    invitation_token(registration, "new@mail.example")
    with pytest.raises(RuleViolation) as refusal:
        invitation_token(registration, " NEW@mail.example")
    assert refusal.value.code == "already_exists"
    assert refusal.value.details["id"] == Invitation.objects.get().pk


def test_an_expired_invitation_may_be_repeated():
    registration = make_registration()
    invitation_token(registration, "new@mail.example")
    Invitation.objects.update(expires_at=now())
    invitation_token(registration, "new@mail.example")
    statuses = Invitation.objects.order_by("id").values_list("status", flat=True)
    assert list(statuses) == ["expired", "pending"]


def test_a_member_is_not_invited_again():
    registration = make_registration()
    user = add_member(registration)
    assert code_of(invitation_token, registration, user.email) == "already_registered"


def test_the_token_is_nowhere_at_rest():
    registration = make_registration()
    token = invitation_token(registration, "new@mail.example")
    assert token not in str(Invitation.objects.values().get())
