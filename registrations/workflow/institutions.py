"""Institutions are merged for accounts and registrations alike."""

from __future__ import annotations

from django.db import transaction

from accounts import workflow as accounts
from accounts.models import Institution, User
from competition_site.db.transactions import retry_on_conflict
from registrations.models import Registration


@retry_on_conflict
@transaction.atomic
def merge_institutions(source: Institution, target: Institution, *, by: User) -> None:
    """Make ``source`` a name of ``target``: people, rosters and teams follow.

    Raises RuleViolation: in_use, not_found.
    """
    Registration.objects.filter(institution_id=source.pk).update(
        institution_id=target.pk
    )
    accounts.merge_institutions(source, target, by=by)
