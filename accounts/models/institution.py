"""Institution: a university or school that people study at."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from competition_site.db.models import VersionedRow
from competition_site.db.text import begins_with, folded


class InstitutionQuerySet(models.QuerySet["Institution"]):
    def named_like(self, prefix: str) -> InstitutionQuerySet:
        """Institutions whose name begins with ``prefix``, whatever its case."""
        return self.filter(begins_with("name_key", prefix))


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
