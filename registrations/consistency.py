"""What registrations store twice: places, names, rosters and what follows of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Model

from accounts.models import Institution, User
from competition_site.db.text import folded
from competition_site.upkeep.checks import Finding, check, drifts
from competition_site.upkeep.files import keeps_files
from competition_site.upkeep.references import refers
from registrations.models import (
    Competition,
    Document,
    InstitutionQuota,
    Invitation,
    Registration,
)
from registrations.workflow import copies

refers(Registration, "institution_id", Institution)
refers(InstitutionQuota, "institution_id", Institution)
refers(Invitation, "leader_id", User)
keeps_files(
    Document.objects.exclude(status=Document.Status.PURGED),
    "storage_key",
    folder="documents",
)

Values = dict[str, Any]


@check("seats")
def seats() -> Iterator[Finding]:
    """Teams, those waiting and their places are counted as the registrations are."""
    return drifts(Competition.objects.all(), _counted)


def _counted(rows: Sequence[Competition]) -> Iterator[tuple[Competition, Values]]:
    for competition in rows:
        teams = Registration.objects.filter(competition=competition)
        waiting = teams.filter(status=Registration.Status.WAITLISTED)
        yield (
            competition,
            {
                "seats_taken": teams.filter(seat_taken=True).count(),
                "waitlist_length": waiting.count(),
                "registrations_count": teams.count(),
                "title_key": folded(competition.title),
            },
        )


@check("quotas")
def quotas() -> Iterator[Finding]:
    """Places taken by an institution are those of its registrations."""
    return drifts(InstitutionQuota.objects.all(), _counted_by_institution)


def _counted_by_institution(
    rows: Sequence[InstitutionQuota],
) -> Iterator[tuple[InstitutionQuota, Values]]:
    for quota in rows:
        teams = Registration.objects.filter(
            competition=quota.competition_id,
            institution_id=quota.institution_id,
            seat_taken=True,
        )
        yield quota, {"seats_taken": teams.count()}


@check("registrations")
def registrations() -> Iterator[Finding]:
    """Registrations carry the slug and title of their competition."""
    return drifts(Registration.objects.all(), _of_competition)


def _of_competition(
    rows: Sequence[Registration],
) -> Iterator[tuple[Registration, Values]]:
    known = Competition.objects.in_bulk({row.competition_id for row in rows})
    for row in rows:
        if competition := known.get(row.competition_id):
            yield (
                row,
                {
                    "competition_slug": competition.slug,
                    "competition_title": competition.title,
                    "team_name_key": folded(row.team_name),
                },
            )


@check("rosters")
def rosters() -> Iterator[Finding]:
    """Rosters are the memberships, with the names that people have now."""
    return drifts(Registration.objects.all(), _as_members)


def _as_members(rows: Sequence[Registration]) -> Iterator[tuple[Registration, Values]]:
    competitions = Competition.objects.in_bulk({row.competition_id for row in rows})
    handed_in: dict[UUID, list[Document]] = defaultdict(list)
    for document in Document.objects.filter(registration__in=[row.pk for row in rows]):
        handed_in[document.registration_id].append(document)
    for row, entries in copies.with_rosters(rows):
        if competition := competitions.get(row.competition_id):
            own = handed_in[row.pk]
            yield row, copies.of_roster(row, competition, entries, own)


@check("invitations")
def invitations() -> Iterator[Finding]:
    """Invitations carry the names of their team and competition, and its leader."""
    columns = ("leader_id", "competition_slug", "competition_title", "team_name")
    return drifts(Invitation.objects.all(), lambda rows: _of_team(rows, columns))


@check("documents")
def documents() -> Iterator[Finding]:
    """Documents carry the names of their team and competition."""
    columns = ("competition_title", "team_name")
    return drifts(Document.objects.all(), lambda rows: _of_team(rows, columns))


def _of_team(
    rows: Sequence[Any], columns: tuple[str, ...]
) -> Iterator[tuple[Any, Values]]:
    """Rows of a team, with what they carry of it."""
    teams: dict[Any, Model] = Registration.objects.in_bulk(
        {row.registration_id for row in rows}
    )
    for row in rows:
        if team := teams.get(row.registration_id):
            yield row, {column: getattr(team, column) for column in columns}
