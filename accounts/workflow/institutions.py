"""Institutions: proposed by students, confirmed and merged by organisers."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import Institution, InstitutionAlias, User
from accounts.workflow.followers import Event, tell
from competition_site.clock import now
from competition_site.db.batches import in_batches
from competition_site.db.constraints import duplicates_refused
from competition_site.db.text import folded
from competition_site.db.transactions import Conflict, retry_on_conflict
from competition_site.rules import RuleViolation


@retry_on_conflict
@duplicates_refused({("name_key",): Conflict})  # who comes second reads the first's id
@transaction.atomic
def propose_institution(name: str, *, by: User) -> Institution:
    """Add an unconfirmed institution.

    Raises RuleViolation: already_exists (with the ``id`` of the one that has this name
    or had it once), validation_error.
    """
    key = folded(name)
    if not key:
        text = _("Write a name.")
        raise RuleViolation("validation_error", errors={"name": [text]})
    held = Institution.objects.filter(name_key=key).first()
    alias = InstitutionAlias.objects.filter(name_key=key).first()
    if held or alias:
        known = held.pk if held else alias.institution_id  # type: ignore[union-attr]
        raise RuleViolation("already_exists", id=known)
    institution = Institution.objects.create(name=name.strip(), name_key=key)
    record(by, "institution.proposed", institution)
    return institution


@retry_on_conflict
@transaction.atomic
def confirm_institution(institution: Institution, *, by: User) -> None:
    """Say that an institution is a real one; saying it again changes nothing."""
    if institution.change_where({"confirmed": False}, confirmed=True):
        record(by, "institution.confirmed", institution)


@retry_on_conflict
@transaction.atomic
def merge_institutions(source: Institution, target: Institution, *, by: User) -> None:
    """Make ``source`` a name of ``target``; its students follow.

    What other apps keep of institutions follows in their own part of the same
    transaction. Both rows are written, so that no other merge of either runs beside
    this one. Raises RuleViolation: in_use (merged with itself), not_found (one of them
    was merged in the meantime).
    """
    if source.pk == target.pk:
        raise RuleViolation("in_use")
    if not Institution.objects.filter(pk=target.pk).update(version=F("version") + 1):
        raise RuleViolation("not_found")
    students = list(
        User.objects.filter(institution=source).values_list("pk", flat=True)
    )
    User.objects.filter(institution=source).update(
        institution=target, institution_name=target.name
    )
    for batch in in_batches(User.objects.filter(pk__in=students)):
        tell(Event.RENAMED, batch, at=now())
    InstitutionAlias.objects.filter(institution=source).update(institution=target)
    removed, _rows = Institution.objects.filter(pk=source.pk).delete()
    if not removed:
        raise RuleViolation("not_found")
    InstitutionAlias.objects.create(
        institution=target, name=source.name, name_key=source.name_key
    )
    record(by, "institution.merged", target, merged=source.name)
