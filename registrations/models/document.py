"""Document: a proof that a team hands in, seen by its owner and the organisers only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from competition_site.db.fields import MomentField
from competition_site.db.models import StatusRow
from registrations.models.registration import Registration


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user: User) -> DocumentQuerySet:
        """Documents whose file ``user`` may open: organisers all, others their own."""
        if user.is_organiser:
            return self
        return self.filter(Q(member=user) | Q(uploaded_by=user))


class Document(StatusRow):
    """A stored proof. Personal kinds belong to one member, the others to the team.

    ``sha256`` is that of what is stored, ``original_sha256`` that of what was sent,
    before an image lost its metadata: the same proof of two teams is found by it.
    """

    class Kind(models.TextChoices):
        PAYMENT_PROOF = "payment_proof", _("proof of payment")
        STUDENT_CARD = "student_card", _("student card")
        ENROLMENT_LETTER = "enrolment_letter", _("enrolment letter")
        OTHER = "other", _("other document")

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")
        VERIFIED = "verified", _("verified")
        REFUSED = "refused", _("refused")
        PURGED = "purged", _("purged")

    TRANSITIONS: ClassVar = {
        Status.UPLOADED: frozenset({Status.VERIFIED, Status.REFUSED, Status.PURGED}),
        Status.VERIFIED: frozenset({Status.PURGED}),
        Status.REFUSED: frozenset({Status.PURGED}),
        Status.PURGED: frozenset(),
    }
    PERSONAL: ClassVar = (Kind.STUDENT_CARD, Kind.ENROLMENT_LETTER)

    registration = models.ForeignKey(
        Registration, models.CASCADE, related_name="documents", editable=False
    )
    competition_title = models.CharField(max_length=150, editable=False)
    team_name = models.CharField(_("team name"), max_length=80, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, editable=False)
    member = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )
    uploaded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", editable=False
    )
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=Status,
        default=Status.UPLOADED,
        editable=False,
    )
    uploaded_at = MomentField(_("uploaded at"), editable=False)
    file_name = models.CharField(_("file name"), max_length=150, editable=False)
    size = models.PositiveBigIntegerField(_("bytes"), editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    original_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    content_type = models.CharField(max_length=60, editable=False)
    storage_key = models.CharField(max_length=200, editable=False)
    reason = models.CharField(_("reason"), max_length=500, blank=True, editable=False)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["registration", "id"], name="document_of_team"),
            models.Index(fields=["status", "kind", "id"], name="document_queue"),
            models.Index(fields=["status", "-id"], name="document_of_status"),
            models.Index(fields=["kind", "-id"], name="document_of_kind"),
            models.Index(fields=["original_sha256"], name="document_of_content"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.team_name}"

    def is_seen_by(self, user: Any) -> bool:
        """Whether name, hash and content are for ``user``'s eyes."""
        return user.is_organiser or user.pk in {self.member_id, self.uploaded_by_id}
