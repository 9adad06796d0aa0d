"""Conflicts of interest: teams that a judge neither marks nor reads.

A judge never meets a team with somebody of their own institution, one that they
declared a conflict with (the team, a person in it, an institution), or one with a
person they were ever in a team with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from registrations.models import Membership, Registration
from submissions.models.judging import JudgeConflict


@dataclass(frozen=True)
class Barred:
    """Whom a judge may not judge: all that is needed to tell, read once."""

    registrations: frozenset[UUID]
    people: frozenset[UUID]
    institutions: frozenset[UUID]

    def bars(
        self, registration: Registration, institutions: dict[UUID, UUID | None]
    ) -> bool:
        """Whether this team is barred; ``institutions`` are its members' own."""
        members = registration.member_ids
        return (
            registration.pk in self.registrations
            or not self.people.isdisjoint(members)
            or not self.institutions.isdisjoint(
                institution for m in members if (institution := institutions.get(m))
            )
        )


def barred_for(judge: User) -> Barred:
    """Read what bars ``judge``: three commands, however many teams there are."""
    declared = list(JudgeConflict.objects.filter(judge=judge))
    teams = list(
        Membership.objects.filter(user=judge).values_list("registration_id", flat=True)
    )
    mates = Membership.objects.filter(registration__in=[t for t in teams if t])
    institutions = {c.institution_id for c in declared} | {judge.institution_id}
    people = {c.user_id for c in declared} | {judge.pk}
    people |= set(mates.values_list("user_id", flat=True))
    return Barred(
        registrations=frozenset(c.registration_id for c in declared) - {None},
        people=frozenset(people) - {None},
        institutions=frozenset(institutions) - {None},
    )


def judgeable(judge: User, registrations: Iterable[Registration]) -> set[UUID]:
    """The registrations among these that ``judge`` may meet."""
    teams = list(registrations)
    people = {member for team in teams for member in team.member_ids}
    institutions = dict(
        User.objects.filter(pk__in=people).values_list("pk", "institution_id")
    )
    barred = barred_for(judge)
    return {team.pk for team in teams if not barred.bars(team, institutions)}
