"""What accounts store twice: names of institutions, and names as search sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from accounts.models import Institution, User
from competition_site.db.text import folded
from competition_site.upkeep.checks import Finding, check, drifts


@check("people")
def people() -> Iterator[Finding]:
    """People carry the name of their institution."""
    return drifts(User.objects.all(), _of_institution)


def _of_institution(users: Sequence[User]) -> Iterator[tuple[User, dict[str, Any]]]:
    known = Institution.objects.in_bulk(
        {user.institution_id for user in users} - {None}
    )
    for user in users:
        institution = known.get(user.institution_id)
        if institution is not None:
            yield user, {"institution_name": institution.name}
        elif user.institution_id is None:
            yield user, {"institution_name": ""}


@check("institutions")
def institutions() -> Iterator[Finding]:
    """Institutions carry their name as search sees it."""
    return drifts(Institution.objects.all(), _as_searched)


def _as_searched(
    rows: Sequence[Institution],
) -> Iterator[tuple[Institution, dict[str, Any]]]:
    for row in rows:
        yield row, {"name_key": folded(row.name)}
