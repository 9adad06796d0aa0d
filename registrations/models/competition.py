"""Competition: what teams register for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.db.fields import MomentField
from competition_site.db.models import StatusRow
from competition_site.db.text import begins_with


def open_to_everybody() -> dict[str, Any]:
    """The eligibility that refuses nobody, with every key of its shape."""
    return {
        "institutions": [],
        "email_domains": [],
        "entry_year_min": None,
        "entry_year_max": None,
        "mixed_institutions": True,
    }


class CompetitionQuerySet(models.QuerySet["Competition"]):
    def visible_to(self, user: Any) -> CompetitionQuerySet:
        """Organisers also see drafts; everybody else what is or was public."""
        if isinstance(user, User) and user.is_organiser:
            return self
        return self.exclude_drafts()

    def exclude_drafts(self) -> CompetitionQuerySet:
        return self.filter(
            status__in=[Competition.Status.PUBLISHED, Competition.Status.ARCHIVED]
        )

    def listed_for(self, user: Any) -> CompetitionQuerySet:
        """What a list shows: an archived competition is found by its address only."""
        if isinstance(user, User) and user.is_organiser:
            return self
        return self.filter(status=Competition.Status.PUBLISHED)

    def in_phase(self, phase: str, at: datetime) -> CompetitionQuerySet:
        return self.filter(_PHASE_FILTERS[phase](at))

    def titled_like(self, prefix: str) -> CompetitionQuerySet:
        """Competitions whose title begins with ``prefix``, whatever its case."""
        return self.filter(begins_with("title_key", prefix))


class Competition(StatusRow):
    """One competition of the event.

    Windows are half-open: a moment ``t`` is inside when opens ≤ t < closes. What is
    always read together lives on the row: questions, required documents, and the
    stages' public shape, which the workflow of submissions keeps.

    ``registered`` says whether a team has ever registered. It decides what may no
    longer change and whether the row may be deleted: the first registration writes it,
    later ones only read it, so that the opening minute has no row in common.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    class Phase(models.TextChoices):
        UPCOMING = "upcoming", _("upcoming")
        OPEN = "open", _("open")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")

    class SeatPolicy(models.TextChoices):
        ON_SUBMIT = "on_submit", _("when a team submits")
        ON_PROOF = "on_proof", _("when a team proves its payment")
        ON_APPROVAL = "on_approval", _("when a team is approved")

    TRANSITIONS: ClassVar = {
        Status.DRAFT: frozenset({Status.PUBLISHED}),
        Status.PUBLISHED: frozenset({Status.DRAFT, Status.ARCHIVED}),
        Status.ARCHIVED: frozenset({Status.PUBLISHED}),
    }

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=150)
    title_key = models.CharField(max_length=150, editable=False)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    description = models.TextField(_("description"), max_length=20_000, blank=True)
    category = models.SlugField(_("category"), max_length=40)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=Status,
        default=Status.DRAFT,
        editable=False,
    )
    registration_opens_at = MomentField(_("registration opens at"))
    registration_closes_at = MomentField(_("registration closes at"))
    starts_at = MomentField(_("starts at"))
    ends_at = MomentField(_("ends at"))
    roster_locks_at = MomentField(
        _("roster locks at"),
        null=True,
        blank=True,
        help_text=_("Until then teams may change; empty: until registration closes."),
    )
    team_size_min = models.PositiveSmallIntegerField(
        _("smallest team"), default=1, validators=[MinValueValidator(1)]
    )
    team_size_max = models.PositiveSmallIntegerField(
        _("largest team"), default=1, validators=[MinValueValidator(1)]
    )
    capacity = models.PositiveIntegerField(
        _("places"), null=True, blank=True, help_text=_("Teams; empty: no limit.")
    )
    seats_taken = models.PositiveIntegerField(
        _("places taken"), default=0, editable=False
    )
    seat_policy = models.CharField(
        _("a place is taken"),
        max_length=12,
        choices=SeatPolicy,
        default=SeatPolicy.ON_SUBMIT,
    )
    institution_quota = models.PositiveIntegerField(
        _("places per institution"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Teams of one institution; empty: no limit."),
    )
    waitlist_open = models.BooleanField(
        _("waiting list"),
        default=False,
        help_text=_("Whether teams may wait for a place when all are taken."),
    )
    waitlist_closes_at = MomentField(
        _("waiting list closes at"),
        null=True,
        blank=True,
        help_text=_("Then nobody joins it and no place is offered; empty: the start."),
    )
    waitlist_length = models.PositiveIntegerField(
        _("teams waiting"), default=0, editable=False
    )
    offer_hours = models.PositiveSmallIntegerField(
        _("hours to accept an offered place"),
        default=48,
        validators=[MinValueValidator(1)],
    )
    payment_due_hours = models.PositiveSmallIntegerField(
        _("hours to pay"), default=48, validators=[MinValueValidator(1)]
    )
    withdrawal_closes_at = MomentField(
        _("teams may withdraw until"),
        null=True,
        blank=True,
        help_text=_("Later only staff take a team out; empty: until the end."),
    )
    eligibility = models.JSONField(
        _("eligibility"), default=open_to_everybody, blank=True
    )
    fee = models.PositiveIntegerField(_("fee in rupiah"), default=0)
    payment_instructions = models.TextField(
        _("payment instructions"), max_length=2000, blank=True
    )
    questions = models.JSONField(_("questions"), default=list, blank=True)
    required_documents = models.JSONField(
        _("required documents"),
        default=list,
        blank=True,
        help_text=_('A list such as ["student_card"].'),
    )
    stages = models.JSONField(default=list, editable=False)
    registered = models.BooleanField(
        _("a team has registered"), default=False, editable=False
    )

    objects = CompetitionQuerySet.as_manager()

    class Meta:
        verbose_name = _("competition")
        verbose_name_plural = _("competitions")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="competition_newest"),
            models.Index(
                fields=["category", "status", "-id"], name="competition_category"
            ),
            models.Index(fields=["title_key"], name="competition_title"),
            models.Index(fields=["starts_at", "id"], name="competition_start"),
        ]

    def __str__(self) -> str:
        return self.title

    def phase_at(self, at: datetime) -> str:
        """The phase at a moment: upcoming, open, running or finished."""
        if at < self.registration_opens_at:
            return self.Phase.UPCOMING
        if at < self.registration_closes_at:
            return self.Phase.OPEN
        return self.Phase.RUNNING if at < self.ends_at else self.Phase.FINISHED

    def takes_registrations(self, at: datetime) -> bool:
        return (
            self.status == self.Status.PUBLISHED
            and self.phase_at(at) == self.Phase.OPEN
        )

    def roster_is_locked(self, at: datetime) -> bool:
        return at >= (self.roster_locks_at or self.registration_closes_at)

    def takes_waiting(self, at: datetime) -> bool:
        """Whether teams may join the waiting list, and places are offered to it."""
        return self.waitlist_open and at < (self.waitlist_closes_at or self.starts_at)

    @property
    def brief(self) -> dict[str, str]:
        return {"slug": self.slug, "title": self.title}


_PHASE_FILTERS: dict[str, Callable[[datetime], Q]] = {
    Competition.Phase.UPCOMING: lambda at: Q(registration_opens_at__gt=at),
    Competition.Phase.OPEN: lambda at: Q(
        registration_opens_at__lte=at, registration_closes_at__gt=at
    ),
    Competition.Phase.RUNNING: lambda at: Q(
        registration_opens_at__lte=at, registration_closes_at__lte=at, ends_at__gt=at
    ),
    Competition.Phase.FINISHED: lambda at: Q(
        registration_closes_at__lte=at, ends_at__lte=at
    ),
}
