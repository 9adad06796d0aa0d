"""What hangs on a competition, and its end while nothing does.

MongoDB enforces no foreign keys, and two transactions that only read each other's
tables both go through there. So whoever hangs a row on a competition writes the
competition's row in the same transaction: of a deletion and such a write that race,
one begins again and sees what the other did.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, ProtectedError

from accounts.audit import record
from accounts.models import User
from competition_site.clock import now
from competition_site.db.transactions import retry_on_conflict
from competition_site.rules import RuleViolation
from registrations.models import Competition, Membership


@retry_on_conflict
@transaction.atomic
def delete_competition(
    competition: Competition, *, by: User, if_version: int | None = None
) -> None:
    """Delete a competition on which nothing hangs.

    Raises RuleViolation: in_use (registrations, stages or judges), stale_version,
    not_found.
    """
    conditions: dict[str, Any] = {} if if_version is None else {"version": if_version}
    if not competition.change_where(conditions):
        raise RuleViolation("stale_version")
    if _is_used(competition):
        raise RuleViolation("in_use")
    record(by, "competition.deleted", competition, slug=competition.slug)
    try:
        competition.delete()
    except ProtectedError as error:  # a row that no workflow wrote
        raise RuleViolation("in_use") from error


def _is_used(competition: Competition) -> bool:
    judges = Membership.objects.filter(competition=competition)
    return bool(
        competition.registrations_count or competition.stages or judges.exists()
    )


def count_registration(competition: Competition) -> None:
    """Count a new registration of a competition that teams may enter.

    Late in its transaction: the competition's row is the one that everybody wants.
    Raises RuleViolation: registration_not_open (taken back or gone in the meantime).
    """
    published = {"pk": competition.pk, "status": Competition.Status.PUBLISHED}
    if not _count(published, +1):
        raise RuleViolation("registration_not_open")


def uncount_registration(competition_id: Any) -> None:
    """Count a registration less, whose row is deleted in the same transaction."""
    _count({"pk": competition_id}, -1)


def _count(conditions: dict[str, Any], step: int) -> bool:
    changed = Competition.objects.filter(**conditions).update(
        registrations_count=F("registrations_count") + step
    )
    return bool(changed)


def hold(competition_id: Any) -> None:
    """Keep the competition in being for the rest of the transaction.

    Raises RuleViolation: not_found.
    """
    if not Competition.objects.filter(pk=competition_id).update(updated_at=now()):
        raise RuleViolation("not_found")
