"""Institutions are merged for accounts and registrations alike."""

from __future__ import annotations

from accounts import workflow as accounts
from accounts.models import Institution, User
from registrations.models import Registration
from registrations.workflow.seats import merge_quotas
from registrations.workflow.transitions import transition


@transition
def merge_institutions(source: Institution, target: Institution, *, by: User) -> None:
    """Make ``source`` a name of ``target``: people, rosters and teams follow.

    Their places count together from then on, even beyond the quota.
    Raises RuleViolation: in_use, not_found.
    """
    Registration.objects.filter(institution_id=source.pk).update(
        institution_id=target.pk
    )
    merge_quotas(source.pk, target.pk)
    accounts.merge_institutions(source, target, by=by)
