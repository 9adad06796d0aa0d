"""What registrations keep of institutions, when one of them is merged."""

from __future__ import annotations

from accounts import workflow as accounts
from accounts.models import Institution, User
from registrations.models import Competition, Registration
from registrations.workflow.seats import merge_quotas
from registrations.workflow.transitions import transition


@transition
def merge_institutions(source: Institution, target: Institution, *, by: User) -> None:
    """Make ``source`` a name of ``target``: people, rosters and teams follow.

    Their places count together from then on, even beyond the quota.
    Raises RuleViolation: in_use, not_found.
    """
    accounts.merge_institutions(source, target, by=by)


def follow_merging(source: Institution, target: Institution) -> None:
    """Teams, their places and conditions of competitions are of ``target`` now."""
    Registration.objects.filter(institution_id=source.pk).update(
        institution_id=target.pk
    )
    merge_quotas(source.pk, target.pk)
    _merge_conditions(str(source.pk), str(target.pk))


def _merge_conditions(source: str, target: str) -> None:
    """Who wrote a condition wrote the institution's row too, so none is overlooked."""
    for competition in Competition.objects.all():
        named = competition.eligibility.get("institutions", [])
        if source not in named:
            continue
        merged = dict.fromkeys(target if key == source else key for key in named)
        written = competition.eligibility | {"institutions": list(merged)}
        competition.change(if_version=competition.version, eligibility=written)
