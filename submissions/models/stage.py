"""Stage: a window in which the teams of a competition hand in work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.db.fields import MomentField
from competition_site.db.models import VersionedRow
from registrations.models import Competition


def default_types() -> list[str]:
    return ["application/pdf"]


class StageQuerySet(models.QuerySet["Stage"]):
    def visible_to(self, user: Any) -> StageQuerySet:
        """Stages of the competitions that ``user`` may know of."""
        if isinstance(user, User) and user.is_organiser:
            return self
        known = Competition.objects.visible_to(user).values_list("pk", flat=True)
        return self.filter(competition__in=list(known))


class Stage(VersionedRow):
    """One stage of a competition.

    On time is opens_at ≤ t < closes_at. In the grace that follows only a draft that
    already holds a file or a link is taken, and marked late. ``late_policy`` says
    whether late work is taken until ``late_until``. ``criteria`` is the public shape
    of its rubric, kept by the workflow; ``judging_locked`` is set by computing.
    """

    class LatePolicy(models.TextChoices):
        REFUSE = "refuse", _("refuse")
        FLAG = "flag", _("take and flag")

    competition = models.ForeignKey(
        Competition,
        models.PROTECT,
        related_name="stage_rows",
        verbose_name=_("competition"),
    )
    name = models.CharField(_("name"), max_length=100)
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    opens_at = MomentField(_("opens at"))
    closes_at = MomentField(_("closes at"))
    grace_minutes = models.PositiveSmallIntegerField(_("grace in minutes"), default=0)
    late_policy = models.CharField(
        _("late work"), max_length=10, choices=LatePolicy, default=LatePolicy.REFUSE
    )
    late_until = MomentField(_("late until"), null=True, blank=True)
    paused = models.BooleanField(_("paused"), default=False)
    accepts_files = models.BooleanField(_("accepts files"), default=True)
    accepts_link = models.BooleanField(_("accepts a link"), default=False)
    accepts_text = models.BooleanField(_("accepts a text"), default=False)
    allowed_types = models.JSONField(
        _("content types"), default=default_types, blank=True
    )
    link_hosts = models.JSONField(
        _("hosts of links"),
        default=list,
        blank=True,
        help_text=_('A list such as ["github.com"]; empty: any host.'),
    )
    max_file_bytes = models.PositiveBigIntegerField(
        _("largest file in bytes"), default=10 * 1024 * 1024
    )
    max_files = models.PositiveSmallIntegerField(
        _("most files"), default=5, validators=[MinValueValidator(1)]
    )
    max_versions = models.PositiveSmallIntegerField(
        _("most versions"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    blind = models.BooleanField(_("blind"), default=False)
    judging_opens_at = MomentField(_("judging opens at"), null=True, blank=True)
    judging_closes_at = MomentField(_("judging closes at"), null=True, blank=True)

    criteria = models.JSONField(default=list, editable=False)
    judging_locked = models.BooleanField(default=False, editable=False)
    judging_acts = models.PositiveIntegerField(default=0, editable=False)
    snapshots_count = models.PositiveSmallIntegerField(default=0, editable=False)
    released_number = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = StageQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["competition", "-id"], name="stage_of_competition"),
            models.Index(fields=["paused", "-id"], name="stage_paused"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["competition", "order"], name="one_stage_per_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}. {self.name}"

    @property
    def grace(self) -> timedelta:
        return timedelta(minutes=self.grace_minutes)
