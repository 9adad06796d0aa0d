"""Institutions: proposed by students, confirmed and merged by organisers."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.audit import record
from accounts.models import Institution, InstitutionAlias, User
from accounts.workflow.followers import Event, tell, tell_merged
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
    key = _key_of(name)
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


def _name_taken() -> RuleViolation:
    text = _("Another institution has this name.")
    return RuleViolation("already_exists", text, errors={"name": [text]})


@duplicates_refused({("name_key",): _name_taken})
@retry_on_conflict
@transaction.atomic
def change_institution(
    institution: Institution,
    *,
    by: User,
    if_version: int | None = None,
    **fields: Any,
) -> Institution:
    """Change ``name`` or ``confirmed``; copies of the name follow, and the old one
    still leads here.

    Raises RuleViolation: already_exists (another has or had the name),
    validation_error, stale_version, not_found.
    """
    institution.read_again()
    before = institution.name
    renamed = fields.get("name", before) != before
    if renamed:
        fields["name_key"] = _key_of(fields["name"])
    institution.change(if_version=if_version, **fields)
    if renamed:
        _keep_name(institution, before)
        _copy_name(User.objects.filter(institution=institution), institution)
    told = {n: v for n, v in fields.items() if n != "name_key"}
    record(by, "institution.changed", institution, **told)
    return institution


def _key_of(name: str) -> str:
    """Raises RuleViolation: validation_error, where nothing of it can be seen."""
    if key := folded(name):
        return key
    text = _("Write a name.")
    raise RuleViolation("validation_error", errors={"name": [text]})


def _keep_name(institution: Institution, before: str) -> None:
    """A name that it had is found as well; the one that it has is no other name."""
    aliases = InstitutionAlias.objects
    aliases.filter(institution=institution, name_key=institution.name_key).delete()
    if aliases.filter(name_key=institution.name_key).exists():
        raise _name_taken()
    if folded(before) != institution.name_key:
        aliases.create(institution=institution, name=before, name_key=folded(before))


def _copy_name(students: QuerySet[User], institution: Institution) -> None:
    """Put people to an institution, under its name; what other apps show follows."""
    keys = list(students.values_list("pk", flat=True))
    students.update(
        institution=institution,
        institution_name=institution.name,
        version=F("version") + 1,
    )
    for batch in in_batches(User.objects.filter(pk__in=keys)):
        tell(Event.RENAMED, batch, at=now())


@retry_on_conflict
@transaction.atomic
def merge_institutions(source: Institution, target: Institution, *, by: User) -> None:
    """Make ``source`` a name of ``target``; its students follow.

    So does, in the same transaction, what other apps keep of institutions. Both rows
    are written, so that no other merge of either runs beside this one. Raises
    RuleViolation: in_use (merged with itself), not_found (one of them was merged in the
    meantime).
    """
    if source.pk == target.pk:
        raise RuleViolation("in_use")
    if not Institution.objects.filter(pk=target.pk).update(version=F("version") + 1):
        raise RuleViolation("not_found")
    _copy_name(User.objects.filter(institution=source), target)
    tell_merged(source, target)
    InstitutionAlias.objects.filter(institution=source).update(institution=target)
    removed, _rows = Institution.objects.filter(pk=source.pk).delete()
    if not removed:
        raise RuleViolation("not_found")
    InstitutionAlias.objects.create(
        institution=target, name=source.name, name_key=source.name_key
    )
    record(by, "institution.merged", target, merged=source.name)
