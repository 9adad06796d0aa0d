"""Judging: the rubric, who judges, and what they must not."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Institution, User
from competition_site.db.models import Row, VersionedRow
from registrations.models import Competition, Registration
from submissions.models.stage import Stage


class Criterion(VersionedRow):
    """One line of a stage's rubric: up to ``max_score`` marks that count ``weight``."""

    stage = models.ForeignKey(
        Stage, models.CASCADE, related_name="criterion_rows", editable=False
    )
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=1000, blank=True)
    max_score = models.PositiveSmallIntegerField(
        _("most marks"), default=100, validators=[MinValueValidator(1)]
    )
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=1, validators=[MinValueValidator(1)]
    )
    required = models.BooleanField(_("required"), default=True)

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        indexes: ClassVar = [
            models.Index(fields=["stage", "id"], name="criterion_of_stage"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_shape(self) -> dict[str, Any]:
        return {
            "id": str(self.pk),
            "name": self.name,
            "description": self.description,
            "max_score": self.max_score,
            "weight": self.weight,
            "required": self.required,
        }


class JudgeAppointment(Row):
    """A person judges for a competition, and so takes no part in it."""

    competition = models.ForeignKey(
        Competition, models.PROTECT, related_name="appointments", editable=False
    )
    user = models.ForeignKey(
        User, models.PROTECT, related_name="appointments", editable=False
    )
    full_name = models.CharField(_("full name"), max_length=150, editable=False)

    class Meta:
        verbose_name = _("judge")
        verbose_name_plural = _("judges")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["competition", "user"], name="one_appointment_per_judge"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name


class JudgeConflict(Row):
    """A judge declares why they must not judge a team, a person or an institution."""

    judge = models.ForeignKey(
        User, models.CASCADE, related_name="conflicts", editable=False
    )
    registration = models.ForeignKey(
        Registration, models.CASCADE, null=True, related_name="+", editable=False
    )
    institution = models.ForeignKey(
        Institution, models.CASCADE, null=True, related_name="+", editable=False
    )
    user = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="+", editable=False
    )
    reason = models.CharField(_("reason"), max_length=500, editable=False)

    class Meta:
        verbose_name = _("conflict of interest")
        verbose_name_plural = _("conflicts of interest")
        indexes: ClassVar = [
            models.Index(fields=["judge", "-id"], name="conflict_of_judge"),
        ]

    def __str__(self) -> str:
        return self.reason
