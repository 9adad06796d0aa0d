"""Institution: a university or school that people study at."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from competition_site.db.models import Row, VersionedRow
from competition_site.db.text import begins_with, folded

_MOST_ALIASES = 200


class InstitutionQuerySet(models.QuerySet["Institution"]):
    def named_like(self, prefix: str) -> InstitutionQuerySet:
        """Institutions whose name, or one they had, begins with ``prefix``."""
        aliases = InstitutionAlias.objects.filter(begins_with("name_key", prefix))
        known = list(aliases.values_list("institution_id", flat=True)[:_MOST_ALIASES])
        return self.filter(begins_with("name_key", prefix) | Q(pk__in=known))


class Institution(VersionedRow):
    """A university or school; ``name_key`` is its name as search sees it."""

    name = models.CharField(_("name"), max_length=200)
    name_key = models.CharField(max_length=200, unique=True, editable=False)
    confirmed = models.BooleanField(_("confirmed"), default=False)

    objects = InstitutionQuerySet.as_manager()

    class Meta:
        verbose_name = _("institution")
        verbose_name_plural = _("institutions")
        ordering: ClassVar = ["name_key"]
        indexes: ClassVar = [
            models.Index(fields=["name_key", "id"], name="institution_by_name"),
            models.Index(
                fields=["confirmed", "name_key"], name="institution_confirmed"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.name_key = folded(self.name)


class InstitutionAlias(Row):
    """Another name of an institution, kept when a duplicate was merged into it."""

    institution = models.ForeignKey(
        Institution, models.CASCADE, related_name="aliases", editable=False
    )
    name = models.CharField(_("name"), max_length=200, editable=False)
    name_key = models.CharField(max_length=200, unique=True, editable=False)

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")

    def __str__(self) -> str:
        return self.name
