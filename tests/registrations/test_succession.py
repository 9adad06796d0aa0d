"""A team outlives its leader's account."""

from __future__ import annotations

import pytest

from accounts import workflow as accounts
from accounts.models import AuditEvent, User
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations import workflow
from registrations.models import Competition, Invitation, Membership, Registration
from tests.factories import (
    add_member,
    make_admin,
    make_competition,
    make_registration,
    make_user,
)
from tests.registrations.test_members import require_true_roster

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(db: None) -> Registration:
    return make_registration(make_competition(team_size_max=4))


def deactivate(user: User) -> None:
    accounts.set_active(user, False, by=make_admin(), at=now())


def test_the_longest_standing_member_takes_over(team):
    second, third = add_member(team), add_member(team)
    Membership.objects.filter(user=second).update(joined_at=now())
    workflow.invite(team, email="guest@mail.example", by=team.leader, at=now())
    deactivate(team.leader)
    require_true_roster(team)
    assert team.leader_id == third.pk
    assert team.members_count == 3
    assert Invitation.objects.get(email="guest@mail.example").leader_id == third.pk
    mail = OutboxMessage.objects.get(kind="leadership_passed")
    assert mail.recipient == third.email
    event = AuditEvent.objects.get(action="registration.passed_on")
    assert (event.actor_id, event.object_id) == (None, team.pk)


def test_of_two_who_joined_at_once_the_first_row_takes_over(team):
    mates = [add_member(team), add_member(team)]
    Membership.objects.filter(user__in=mates).update(joined_at=now())
    deactivate(team.leader)
    team.refresh_from_db()
    assert team.leader_id == mates[0].pk


def test_a_closed_account_takes_nothing_over(team):
    second, third = add_member(team), add_member(team)
    deactivate(second)
    team.refresh_from_db()
    assert team.members_count == 3  # a member whose account is closed stays
    deactivate(team.leader)
    require_true_roster(team)
    assert team.leader_id == third.pk


def test_a_team_without_another_member_withdraws(team):
    other = make_registration()
    deactivate(team.leader)
    team.refresh_from_db()
    assert team.status == "withdrawn"
    assert not Membership.objects.get(user=team.leader).active
    other.refresh_from_db()
    assert other.status == "draft"


def test_every_team_is_passed_on_whatever_its_roster(team):
    mate = add_member(team)
    second = make_registration(leader=team.leader)
    add_member(second, mate)
    Competition.objects.filter(pk=second.competition_id).update(roster_locks_at=now())
    deactivate(team.leader)
    for led in (team, second):
        require_true_roster(led)
        assert led.leader_id == mate.pk


@pytest.mark.parametrize("status", ["withdrawn", "expired", "disqualified"])
def test_a_team_that_has_ended_stays_as_it_was(team, status):
    add_member(team)
    Registration.objects.filter(pk=team.pk).update(status=status)
    version = Registration.objects.get(pk=team.pk).version
    deactivate(team.leader)
    team.refresh_from_db()
    assert (team.leader_id, team.version) == (team.leader.pk, version)


def test_a_rejected_team_is_passed_on_for_it_may_be_reopened(team):
    mate = add_member(team)
    alone = make_registration(leader=team.leader)
    Registration.objects.update(status="rejected")
    deactivate(team.leader)
    require_true_roster(team)
    assert team.leader_id == mate.pk
    alone.refresh_from_db()
    assert alone.status == "rejected"


def test_a_refused_closing_changes_no_team():
    admin = make_admin()
    team = make_registration(make_competition(), leader=make_user())
    add_member(team)
    User.objects.filter(pk=team.leader_id).update(role="admin")
    User.objects.filter(pk=admin.pk).update(is_active=False)
    leader = User.objects.get(pk=team.leader_id)
    with pytest.raises(Exception, match="last admin"):
        accounts.set_active(leader, False, by=admin, at=now())
    require_true_roster(team)
    assert team.leader_id == leader.pk
