"""Two things at once about one member or invitation: one happens, and rows agree."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from accounts.hashers import Argon2idHasher
from accounts.models import User
from competition_site.clock import now
from competition_site.outbox.models import OutboxMessage
from registrations import workflow
from registrations.models import Invitation, Membership, Registration
from tests.factories import (
    PASSWORD,
    add_member,
    make_competition,
    make_institution,
    make_registration,
    make_user,
)
from tests.races.crowd import ROUNDS, Ask, Crowd, Reply, can_be_lost
from tests.servers import Server

PAIRS = 8
CLICKS = 16
PENDING_NO_MORE = "409 invitation_not_pending"
Pair = tuple[Reply, ...]


def _team(members: int = 1) -> Registration:
    """A team with room, of so many members besides its leader."""
    institution = make_institution()
    team = make_registration(
        make_competition(team_size_max=6), leader=make_user(institution=institution)
    )
    for _ in range(members):
        add_member(team, make_user(institution=institution))
    return team


def _mate(team: Registration, place: int = 1) -> User:
    return User.objects.get(pk=team.roster[place]["id"])


def _invited(team: Registration) -> Invitation:
    guest = make_user()
    return workflow.invite(team, email=guest.email, by=team.leader, at=now())


def _pairs(crowd: Crowd, asks: list[Ask]) -> list[Pair]:
    replies = crowd.ask(asks)
    return [tuple(replies[n : n + 2]) for n in range(0, len(replies), 2)]


def _outcomes(pair: Pair) -> tuple[str, ...]:
    return tuple(reply.outcome for reply in pair)


def is_true(team: Registration) -> bool:
    """Whether the registration's row says what the memberships say."""
    team.refresh_from_db()
    members = Membership.objects.filter(registration=team, left_at=None)
    roles = {str(m.user_id): m.role for m in members}
    leaders = [pk for pk, role in roles.items() if role == "leader"]
    return (
        roles == {entry["id"]: entry["role"] for entry in team.roster}
        and team.members_count == len(roles) == members.count()
        and leaders == [str(team.leader_id)]
    )


# --- one invitation, two answers ----------------------------------------------------
def _accept(invitation: Invitation) -> Ask:
    guest = User.objects.get(email=invitation.email)
    return Ask(f"/invitations/{invitation.pk}/accept", by=guest)


def _decline(invitation: Invitation) -> Ask:
    guest = User.objects.get(email=invitation.email)
    return Ask(f"/invitations/{invitation.pk}/decline", by=guest)


def _revoke(invitation: Invitation) -> Ask:
    leader = User.objects.get(pk=invitation.leader_id)
    return Ask(f"/invitations/{invitation.pk}", by=leader, method="DELETE")


def _withdraw(invitation: Invitation) -> Ask:
    leader = User.objects.get(pk=invitation.leader_id)
    return Ask(f"/registrations/{invitation.registration_id}/withdraw", by=leader)


def all_answer_twice(
    crowd: Crowd, other: Callable[[Invitation], Ask]
) -> tuple[list[Invitation], list[Pair]]:
    invitations = [_invited(_team(0)) for _ in range(PAIRS)]
    asks = [ask(each) for each in invitations for ask in (_accept, other)]
    return invitations, _pairs(crowd, asks)


@pytest.mark.parametrize(
    ("other", "status"), [(_revoke, "revoked"), (_decline, "declined")]
)
def test_of_two_answers_to_an_invitation_one_counts(
    server: Server, other: Callable[[Invitation], Ask], status: str
) -> None:
    crowd = Crowd(server.url, f"{PAIRS} x accept and {status}")
    for _ in range(ROUNDS):
        invitations, pairs = all_answer_twice(crowd, other)
        for invitation, pair in zip(invitations, pairs, strict=True):
            invitation.refresh_from_db()
            won = {
                "accepted": ("200", PENDING_NO_MORE),
                status: (PENDING_NO_MORE, "200"),
            }
            assert _outcomes(pair) == won[invitation.status]
            team = invitation.registration
            assert is_true(team)
            assert team.members_count == (2 if invitation.status == "accepted" else 1)
    crowd.require_healthy()


def test_nobody_joins_a_team_that_withdraws(server: Server) -> None:
    crowd = Crowd(server.url, f"{PAIRS} x accept and withdraw")
    for _ in range(ROUNDS):
        invitations, pairs = all_answer_twice(crowd, _withdraw)
        for invitation, pair in zip(invitations, pairs, strict=True):
            accepted, withdrawn = _outcomes(pair)
            assert withdrawn == "200"
            assert accepted in {"200", PENDING_NO_MORE, "409 invalid_transition"}
            assert is_true(invitation.registration)
            active = Membership.objects.filter(
                registration=invitation.registration_id, active=True
            )
            assert not active.exists()
            invitation.refresh_from_db()
            assert invitation.status == ("accepted" if accepted == "200" else "revoked")
    crowd.require_healthy()


def test_control_check_then_act_counts_both_answers(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: two answers")

    def loses() -> bool:
        _, pairs = all_answer_twice(crowd, _revoke)
        return any(_outcomes(pair) == ("200", "200") for pair in pairs)

    assert can_be_lost(loses)


def test_one_person_who_accepts_over_and_over_joins_once(server: Server) -> None:
    crowd = Crowd(server.url, f"{CLICKS} x the same acceptance")
    for _ in range(ROUNDS):
        invitation = _invited(_team(0))
        replies = crowd.ask([_accept(invitation)] * CLICKS)
        told = sorted(reply.outcome for reply in replies)
        assert told == ["200", *[PENDING_NO_MORE] * (CLICKS - 1)]
        assert is_true(invitation.registration)
        assert invitation.registration.members_count == 2
        mails = OutboxMessage.objects.filter(
            kind="member_joined", recipient=invitation.registration.leader.email
        )
        assert mails.count() == 1
    crowd.require_healthy()


# --- members ------------------------------------------------------------------------
def _remove(team: Registration, member: User, by: User) -> Ask:
    return Ask(f"/registrations/{team.pk}/members/{member.pk}", by=by, method="DELETE")


def all_go_twice(crowd: Crowd) -> tuple[list[Registration], list[Pair]]:
    """Each member leaves while the leader removes them."""
    teams = [_team() for _ in range(PAIRS)]
    asks = [
        _remove(team, _mate(team), by)
        for team in teams
        for by in (team.leader, _mate(team))
    ]
    return teams, _pairs(crowd, asks)


def test_a_member_goes_once(server: Server) -> None:
    crowd = Crowd(server.url, f"{PAIRS} x leaving and being removed")
    for _ in range(ROUNDS):
        teams, pairs = all_go_twice(crowd)
        for team, pair in zip(teams, pairs, strict=True):
            assert sorted(_outcomes(pair)) == ["200", "404 not_found"]
            assert is_true(team)
            assert team.members_count == 1
            gone = OutboxMessage.objects.filter(
                kind__in=["member_left", "member_removed"],
                body__contains=f"{team.team_name} ",
            )
            assert gone.count() == 1
    crowd.require_healthy()


def all_go_at_once(crowd: Crowd) -> list[Registration]:
    """Two members of each team leave at the same moment."""
    teams = [_team(2) for _ in range(PAIRS)]
    leaving = [(team, _mate(team, place)) for team in teams for place in (1, 2)]
    replies = crowd.ask(_remove(team, mate, mate) for team, mate in leaving)
    assert {reply.outcome for reply in replies} == {"200"}
    return teams


def test_two_members_leave_at_once(server: Server) -> None:
    crowd = Crowd(server.url, f"{PAIRS} x two members leave")
    for _ in range(ROUNDS):
        for team in all_go_at_once(crowd):
            assert is_true(team)
            assert team.members_count == 1
    crowd.require_healthy()


# --- leaders ------------------------------------------------------------------------
def _hand_over(team: Registration, to: User) -> Ask:
    path = f"/registrations/{team.pk}/transfer-leadership"
    return Ask(path, {"user_id": str(to.pk)}, team.leader)


def all_hand_over_to_who_leaves(crowd: Crowd) -> tuple[list[Registration], list[Pair]]:
    teams = [_team() for _ in range(PAIRS)]
    asks = []
    for team in teams:
        mate = _mate(team)
        asks += [_hand_over(team, mate), _remove(team, mate, mate)]
    return teams, _pairs(crowd, asks)


def test_who_leaves_takes_nothing_over(server: Server) -> None:
    crowd = Crowd(server.url, f"{PAIRS} x hand-over to who leaves")
    for _ in range(ROUNDS):
        teams, pairs = all_hand_over_to_who_leaves(crowd)
        for team, pair in zip(teams, pairs, strict=True):
            assert _outcomes(pair) in {
                ("200", "409 invalid_transition"),
                ("400 validation_error", "200"),
            }
            assert is_true(team)
    crowd.require_healthy()


def test_control_check_then_act_leaves_a_team_to_nobody(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: hand-over to who leaves")

    def loses() -> bool:
        teams, _ = all_hand_over_to_who_leaves(crowd)
        return not all(map(is_true, teams))

    assert can_be_lost(loses)


def test_a_team_is_handed_over_once(server: Server) -> None:
    crowd = Crowd(server.url, f"{PAIRS} x two hand-overs")
    for _ in range(ROUNDS):
        teams = [_team(2) for _ in range(PAIRS)]
        asks = [_hand_over(t, _mate(t, place)) for t in teams for place in (1, 2)]
        for team, pair in zip(teams, _pairs(crowd, asks), strict=True):
            assert sorted(_outcomes(pair)) == ["200", "403 permission_denied"]
            assert is_true(team)
    crowd.require_healthy()


# --- accounts that close ------------------------------------------------------------
@cache
def _hash() -> str:
    """The password as the server's process hashes it."""
    return Argon2idHasher().encode(PASSWORD, "kuda poni 99 garam")


def _close(user: User) -> Ask:
    User.objects.filter(pk=user.pk).update(password=_hash())
    return Ask("/me", {"password": PASSWORD}, user, method="DELETE")


def all_accept_and_close(crowd: Crowd) -> tuple[list[Registration], list[Pair]]:
    invitations = [_invited(_team(0)) for _ in range(PAIRS)]
    asks = []
    for invitation in invitations:
        guest = User.objects.get(email=invitation.email)
        asks += [_accept(invitation), _close(guest)]
    return [each.registration for each in invitations], _pairs(crowd, asks)


def has_lost_member(team: Registration) -> bool:
    """Whether somebody whose account is closed is still on the open roster."""
    members = Membership.objects.filter(registration=team, active=True)
    return not is_true(team) or members.exclude(user__closed_at=None).exists()


def test_who_closes_the_account_joins_no_team(server: Server) -> None:
    crowd = Crowd(server.url, f"{PAIRS} x accepting and closing the account")
    for _ in range(ROUNDS):
        teams, pairs = all_accept_and_close(crowd)
        for team, (accepted, closed) in zip(teams, pairs, strict=True):
            assert closed.outcome == "200"
            assert accepted.outcome in {
                "200",
                "401 token_revoked",
                "404 not_found",
                PENDING_NO_MORE,
            }
            assert not has_lost_member(team)
            assert team.members_count == 1
    crowd.require_healthy()


def test_control_check_then_act_keeps_who_is_gone(check_then_act: Server) -> None:
    crowd = Crowd(check_then_act.url, "control: accepting and closing")

    def loses() -> bool:
        teams, _ = all_accept_and_close(crowd)
        return any(map(has_lost_member, teams))

    assert can_be_lost(loses)


def test_leader_and_heir_go_at_once_and_the_third_leads(server: Server) -> None:
    crowd = Crowd(server.url, f"{PAIRS} x leader and heir close their accounts")
    for _ in range(ROUNDS):
        teams = [_team(2) for _ in range(PAIRS)]
        thirds = [_mate(team, 2) for team in teams]
        asks = [_close(user) for team in teams for user in (team.leader, _mate(team))]
        assert {reply.outcome for reply in crowd.ask(asks)} == {"200"}
        for team, third in zip(teams, thirds, strict=True):
            assert is_true(team)
            assert team.leader_id == third.pk
            assert team.members_count == 1
    crowd.require_healthy()
