"""What hangs on a competition, and its end while nothing does.

MongoDB enforces no foreign keys, and two transactions that only read each other's
tables both go through there. So whoever hangs the first row on a competition writes
the competition's row in the same transaction: of a deletion and such a write that race,
one begins again and sees what the other did.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from accounts.audit import record
from accounts.models import User
from competition_site.clock import now
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.rules import RuleViolation
from registrations.models import Competition, Membership


@retry_on_conflict
@transaction.atomic
def delete_competition(
    competition: Competition, *, by: User, if_version: int | None = None
) -> None:
    """Delete a competition on which nothing hangs.

    Raises RuleViolation: in_use (stages, judges, or a team that has ever registered),
    stale_version, not_found.
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
    return bool(competition.registered or competition.stages or judges.exists())


def note_registration(competition: Competition) -> None:
    """Note that a team has registered; the competition was read in this transaction.

    Only the first team writes the competition's row, which everybody wants: who reads
    the note finds a row that nobody may delete any more. Raises Conflict where the
    competition was changed or deleted since it was read.
    """
    if competition.registered:
        return
    unchanged = {"pk": competition.pk, "version": competition.version}
    if not Competition.objects.filter(**unchanged).update(registered=True):
        raise Conflict


def hold(competition_id: Any) -> None:
    """Keep the competition in being for the rest of the transaction.

    Raises RuleViolation: not_found.
    """
    if not Competition.objects.filter(pk=competition_id).update(updated_at=now()):
        raise RuleViolation("not_found")
