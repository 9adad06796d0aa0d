"""Registration: a team's entry in a competition."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.db.fields import MomentField
from competition_site.db.models import StatusRow
from registrations.models.competition import Competition
from registrations.models.membership import own_registration_ids


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def visible_to(self, user: User) -> RegistrationQuerySet:
        """Rows ``user`` may know of: organisers all, others their own teams'."""
        if user.is_organiser:
            return self
        return self.filter(pk__in=own_registration_ids(user))

    def competing(self) -> RegistrationQuerySet:
        """The condition of :attr:`Registration.competing`, for a conditional update."""
        return self.filter(
            status=Registration.Status.APPROVED,
            payment_status__in=Registration.SETTLED,
            documents_complete=True,
            roster_complete=True,
        )


class Registration(StatusRow):
    """A team's entry.

    Registration, payment and documents are three states, never one. What lists show
    of other rows is copied here by the workflow: the competition's slug and title,
    the roster with names and roles, and whether roster and documents are complete.

    ``fields_to_change`` and ``documents_to_change`` are pairs of what staff asked to
    be changed and why. ``waitlisted_at`` orders the waiting list and outlives an offer;
    a team that declined one is passed over until ``offer_again_at``. An offered team
    holds its seat already.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        CHANGES_REQUESTED = "changes_requested", _("changes requested")
        WAITLISTED = "waitlisted", _("on the waiting list")
        OFFERED = "offered", _("offered a place")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn")
        EXPIRED = "expired", _("expired")
        DISQUALIFIED = "disqualified", _("disqualified")

    class PaymentStatus(models.TextChoices):
        NOT_REQUIRED = "not_required", _("not required")
        AWAITING = "awaiting", _("awaiting payment")
        PROOF_SUBMITTED = "proof_submitted", _("proof handed in")
        VERIFIED = "verified", _("verified")
        WAIVED = "waived", _("waived")
        EXPIRED = "expired", _("expired")

    _LEAVING: ClassVar = frozenset({Status.WITHDRAWN, Status.DISQUALIFIED})
    TRANSITIONS: ClassVar = {
        Status.DRAFT: _LEAVING | {Status.SUBMITTED, Status.WAITLISTED, Status.EXPIRED},
        Status.SUBMITTED: _LEAVING
        | {
            Status.CHANGES_REQUESTED,
            Status.APPROVED,
            Status.WAITLISTED,
            Status.REJECTED,
            Status.EXPIRED,
        },
        Status.CHANGES_REQUESTED: _LEAVING | {Status.SUBMITTED},
        Status.WAITLISTED: _LEAVING | {Status.OFFERED},
        Status.OFFERED: _LEAVING
        | {Status.SUBMITTED, Status.WAITLISTED, Status.EXPIRED},
        Status.APPROVED: _LEAVING | {Status.SUBMITTED, Status.EXPIRED},
        Status.REJECTED: frozenset({Status.SUBMITTED}),
        Status.WITHDRAWN: frozenset(),
        Status.EXPIRED: frozenset(),
        Status.DISQUALIFIED: frozenset(),
    }
    ACTIVE: ClassVar = (
        Status.DRAFT,
        Status.SUBMITTED,
        Status.CHANGES_REQUESTED,
        Status.WAITLISTED,
        Status.OFFERED,
        Status.APPROVED,
    )
    """The statuses in which a team may still come to compete."""
    LED: ClassVar = (*ACTIVE, Status.REJECTED)
    """The statuses in which a team needs a leader: a rejection may be reopened."""
    HOLDING: ClassVar = (*ACTIVE, Status.REJECTED, Status.DISQUALIFIED)
    """The statuses in which a team keeps its name, and its members their one place.

    A rejection may be reopened; who was disqualified doesn't come back by another team.
    """
    SETTLED: ClassVar = (
        PaymentStatus.NOT_REQUIRED,
        PaymentStatus.VERIFIED,
        PaymentStatus.WAIVED,
    )
    """The payment's statuses with which a team may compete."""
    OPEN_PAYMENTS: ClassVar = (PaymentStatus.AWAITING, PaymentStatus.PROOF_SUBMITTED)
    """The payment's statuses in which its amount tells the team on a bank statement."""

    competition = models.ForeignKey(
        Competition,
        models.PROTECT,
        related_name="registrations",
        editable=False,
        verbose_name=_("competition"),
    )
    competition_slug = models.SlugField(max_length=60, editable=False)
    competition_title = models.CharField(
        _("competition"), max_length=150, editable=False
    )
    team_name = models.CharField(_("team name"), max_length=80, editable=False)
    team_name_key = models.CharField(max_length=80, editable=False)
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=Status,
        default=Status.DRAFT,
        editable=False,
    )
    payment_status = models.CharField(
        _("payment"),
        max_length=20,
        choices=PaymentStatus,
        default=PaymentStatus.NOT_REQUIRED,
        editable=False,
    )
    amount_due = models.PositiveIntegerField(
        _("amount due in rupiah"), default=0, editable=False
    )
    payment_reference = models.CharField(
        _("payment reference"), max_length=20, blank=True, editable=False
    )
    payment_due_at = MomentField(_("payment due at"), null=True, editable=False)
    payment_reason = models.CharField(
        _("why the proof was refused"), max_length=500, blank=True, editable=False
    )
    leader = models.ForeignKey(
        User,
        models.PROTECT,
        related_name="led_registrations",
        editable=False,
        verbose_name=_("leader"),
    )
    institution_id = models.UUIDField(null=True, editable=False)
    roster = models.JSONField(default=list, editable=False)
    members_count = models.PositiveSmallIntegerField(
        _("members"), default=0, editable=False
    )
    roster_complete = models.BooleanField(default=False, editable=False)
    documents_complete = models.BooleanField(default=False, editable=False)
    answers = models.JSONField(default=list, editable=False)
    seat_taken = models.BooleanField(_("holds a place"), default=False, editable=False)
    submitted_at = MomentField(_("submitted at"), null=True, editable=False)
    note = models.TextField(_("note"), max_length=2000, blank=True, editable=False)
    fields_to_change = models.JSONField(default=list, editable=False)
    documents_to_change = models.JSONField(default=list, editable=False)
    waitlisted_at = MomentField(_("waiting since"), null=True, editable=False)
    offer_again_at = MomentField(null=True, editable=False)
    offer_expires_at = MomentField(_("offer expires at"), null=True, editable=False)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["competition", "status", "-id"], name="registration_of_status"
            ),
            models.Index(fields=["competition", "-id"], name="registration_newest"),
            models.Index(fields=["status", "-id"], name="registration_status"),
            models.Index(
                fields=["competition", "team_name_key"], name="registration_name"
            ),
            models.Index(fields=["team_name_key", "id"], name="registration_search"),
            models.Index(
                fields=["competition", "institution_id", "-id"],
                name="registration_of_campus",
            ),
            models.Index(fields=["payment_status", "-id"], name="registration_payment"),
            models.Index(
                fields=["institution_id", "-id"], name="registration_institution"
            ),
            models.Index(
                fields=["competition", "status", "waitlisted_at", "id"],
                name="registration_waiting",
            ),
            models.Index(
                fields=["status", "offer_expires_at"], name="registration_offers"
            ),
            models.Index(
                fields=["payment_status", "payment_due_at"], name="registration_unpaid"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["competition", "team_name_key"],
                condition=Q(
                    status__in=[
                        "draft",
                        "submitted",
                        "changes_requested",
                        "waitlisted",
                        "offered",
                        "approved",
                        "rejected",
                        "disqualified",
                    ]
                ),
                name="team_name_once_per_competition",
            ),
            models.UniqueConstraint(
                fields=["amount_due"],
                condition=Q(payment_status__in=["awaiting", "proof_submitted"]),
                name="amount_due_tells_the_team",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team_name} ({self.competition_title})"

    @property
    def competing(self) -> bool:
        """Approved, paid where due, documents verified, roster within its limits."""
        return (
            self.status == self.Status.APPROVED
            and self.payment_status in self.SETTLED
            and self.documents_complete
            and self.roster_complete
        )

    @property
    def member_ids(self) -> list[UUID]:
        return [UUID(member["id"]) for member in self.roster]

    def is_led_by(self, user: Any) -> bool:
        return bool(self.leader_id == user.pk)

    def has_member(self, user: Any) -> bool:
        return str(user.pk) in {member["id"] for member in self.roster}

    @property
    def answers_by_key(self) -> dict[str, Any]:
        """``answers`` as ``{key: value}``.

        Stored as pairs: a client's keys never become a document's field names.
        """
        return dict(self.answers)
