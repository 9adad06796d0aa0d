"""What registrations store twice: places, names, rosters and what follows of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from accounts.models import Institution, User
from competition_site.db.batches import rows_of
from competition_site.db.constraints import duplicates_refused
from competition_site.db.text import folded
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.upkeep.checks import Finding, check, drifts, name_of
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
from registrations.workflow.seats import give_back

refers(Registration, "institution_id", Institution)
refers(InstitutionQuota, "institution_id", Institution)
refers(Invitation, "leader_id", User)
keeps_files(
    Document.objects.exclude(status=Document.Status.PURGED),
    "storage_key",
    folder="documents",
)

Values = dict[str, Any]

_WITHOUT_PLACE = tuple(
    set(Registration.Status)
    - {
        Registration.Status.SUBMITTED,
        Registration.Status.CHANGES_REQUESTED,
        Registration.Status.OFFERED,
        Registration.Status.APPROVED,
    }
)


@check("seats")
def seats() -> Iterator[Finding]:
    """Places taken, teams waiting, and whether there are teams, are as those say."""
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
                "registered": competition.registered or teams.exists(),
                "title_key": folded(competition.title),
            },
        )


@check("quotas")
def quotas() -> Iterator[Finding]:
    """Places taken by an institution are those of its registrations."""
    yield from drifts(InstitutionQuota.objects.all(), _counted_by_institution)
    for competition in rows_of(Competition.objects.all()):
        yield from _uncounted(competition)


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


def _uncounted(competition: Competition) -> Iterator[Finding]:
    """Institutions that hold places in a competition and have no counter at all."""
    counters = InstitutionQuota.objects.filter(competition=competition)
    counted = set(counters.values_list("institution_id", flat=True)) | {None}
    seated = Registration.objects.filter(competition=competition, seat_taken=True)
    held = Counter(seated.values_list("institution_id", flat=True))
    for institution_id, places in sorted(held.items(), key=str):
        if institution_id not in counted:
            subject = f"{name_of(competition)} places of {institution_id}"
            mend = partial(_count, competition, institution_id)
            yield Finding(subject, None, places, mend)


@duplicates_refused({("competition_id", "institution_id"): Conflict})
@retry_on_conflict
@transaction.atomic
def _begin_count(competition: Competition, institution_id: UUID) -> None:
    """Make the counter that a place taken meanwhile would make as well."""
    held = Registration.objects.filter(
        competition=competition, institution_id=institution_id, seat_taken=True
    )
    InstitutionQuota.objects.create(
        competition=competition,
        institution_id=institution_id,
        seats_taken=held.count(),
    )


def _count(competition: Competition, institution_id: UUID) -> bool:
    try:
        _begin_count(competition, institution_id)
    except Conflict:  # somebody has counted
        return False
    return True


@check("held_places")
def held_places() -> Iterator[Finding]:
    """No team holds a place in a status that has none."""
    lost = Registration.objects.filter(status__in=_WITHOUT_PLACE, seat_taken=True)
    for team in rows_of(lost):
        yield Finding(f"{name_of(team)} seat_taken", True, False, partial(_free, team))


@retry_on_conflict
@transaction.atomic
def _free(team: Registration) -> bool:
    """Take the place back, together with its counts."""
    seen = {"status": team.status, "seat_taken": True}
    if not team.change_where(seen, seat_taken=False):
        return False
    give_back(team)
    return True


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
