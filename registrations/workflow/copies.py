"""What registrations carry of people: their names follow, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from competition_site.db.transactions import Conflict
from registrations.models import Competition, Document, Membership, Registration
from registrations.workflow import requirements, roster

Entries = list[dict[str, Any]]


def follow_people(users: Sequence[User], _at: datetime) -> None:
    """Write the names of people into the rosters they are in.

    A team's institution is its leader's until the team holds a place, which counts for
    the institution it was taken for. In the transaction that changed the names; of two
    that change one roster the second begins again.
    """
    homes = {user.pk: user.institution_id for user in users}
    teams = Membership.objects.filter(user__in=users, left_at=None)
    keys = set(teams.values_list("registration_id", flat=True)) - {None}
    for registration, entries in with_rosters(Registration.objects.filter(pk__in=keys)):
        columns: dict[str, Any] = {"roster": entries}
        if registration.leader_id in homes and not registration.seat_taken:
            columns["institution_id"] = homes[registration.leader_id]
        if any(getattr(registration, name) != v for name, v in columns.items()):
            _change_unless_changed(registration, columns)


def _change_unless_changed(registration: Registration, columns: dict[str, Any]) -> None:
    if not registration.change_where({"version": registration.version}, **columns):
        raise Conflict


def with_rosters(
    registrations: Sequence[Registration] | Any,
) -> Iterator[tuple[Registration, Entries]]:
    """Each registration with its roster as memberships and people say it is.

    Members stay in the order in which the roster has them; others follow as they
    joined.
    """
    rows = list(registrations)
    members: dict[UUID, list[Membership]] = defaultdict(list)
    found = Membership.objects.filter(registration__in=[r.pk for r in rows])
    for member in found.filter(left_at=None).select_related("user").order_by("id"):
        if member.registration_id is not None:
            members[member.registration_id].append(member)
    for row in rows:
        yield row, _entries(row, members[row.pk])


def _entries(registration: Registration, members: list[Membership]) -> Entries:
    places = {entry["id"]: place for place, entry in enumerate(registration.roster)}
    last = len(places)
    ordered = sorted(members, key=lambda m: places.get(str(m.user_id), last))
    return [roster.entry(m.user, Membership.Role(m.role), m.joined_at) for m in ordered]


def of_roster(
    registration: Registration,
    competition: Competition,
    entries: Entries,
    documents: Sequence[Document],
) -> dict[str, Any]:
    """The columns of a registration that follow from its roster and its documents.

    Once documents are purged nobody can tell any more whether they were complete.
    """
    leaders = [UUID(e["id"]) for e in entries if e["role"] == Membership.Role.LEADER]
    whole = Registration(
        roster=entries,
        team_name=registration.team_name,
        documents_to_change=registration.documents_to_change,
    )
    purged = any(d.status == Document.Status.PURGED for d in documents)
    complete = requirements.documents_are_complete(whole, competition, documents)
    return {
        "roster": entries,
        "members_count": len(entries),
        "leader_id": leaders[0] if len(leaders) == 1 else registration.leader_id,
        "roster_complete": roster.is_complete(len(entries), competition),
        "documents_complete": registration.documents_complete if purged else complete,
    }
