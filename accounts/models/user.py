"""User: a person with a role and a profile."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.institution import Institution
from accounts.roles import Role, role_allows, role_sees
from competition_site.db.fields import MomentField
from competition_site.db.models import VersionedRow
from competition_site.db.text import folded

normalised_email = folded
"""An address as it is stored and compared: trimmed, NFKC, casefolded."""


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normalised_email(username or ""))

    def with_email(self, email: str) -> User | None:
        """The account of an address, whatever form it is written in."""
        return self.filter(email=normalised_email(email)).first()

    def create_user(self, email: str, password: str | None, **fields: Any) -> User:
        """A new account; raises IntegrityError where the address is taken."""
        user: User = self.model(email=normalised_email(email), **fields)
        user.set_password(password)
        user.save(force_insert=True, using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None, **fields: Any) -> User:
        """``manage.py createsuperuser``: a user of role admin."""
        return self.create_user(email, password, role=Role.ADMIN, **fields)


class User(AbstractBaseUser, VersionedRow):
    """A person. The profile stands on the same row: one read, no join.

    ``institution_name`` is copied from the institution by the workflow. ``language`` is
    what mails to them are written in: that of their last log-in that named one.
    ``token_version`` is the claim ``ver`` of every token: raising it ends them all.
    ``ended_sessions`` are those that ended one by one, each with the second after which
    no access token of theirs can be alive: whoever reads a person knows which tokens
    still count. ``sessions_ended`` counts the writes of that list. An account that its
    owner closed (``closed_at``) names nobody any more and is never opened again.
    """

    PROFILE_FIELDS: ClassVar = (
        "full_name",
        "phone",
        "institution",
        "student_number",
        "study_program",
        "entry_year",
    )

    class Language(models.TextChoices):
        ENGLISH = "en", _("English")
        INDONESIAN = "id", _("Indonesian")

    email = models.EmailField(_("e-mail address"), unique=True)
    email_verified = models.BooleanField(_("e-mail verified"), default=False)
    full_name = models.CharField(_("full name"), max_length=150)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    institution = models.ForeignKey(
        Institution,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="students",
        verbose_name=_("institution"),
    )
    institution_name = models.CharField(max_length=200, blank=True, editable=False)
    student_number = models.CharField(_("student number"), max_length=40, blank=True)
    study_program = models.CharField(_("study programme"), max_length=100, blank=True)
    entry_year = models.PositiveSmallIntegerField(
        _("entry year"), null=True, blank=True
    )
    language = models.CharField(
        _("language"),
        max_length=2,
        choices=Language,
        default=Language.ENGLISH,
        editable=False,
    )
    role = models.CharField(
        _("role"), max_length=12, choices=Role, default=Role.PARTICIPANT, editable=False
    )
    is_active = models.BooleanField(_("active"), default=True, editable=False)
    token_version = models.PositiveIntegerField(default=1, editable=False)
    ended_sessions = models.JSONField(default=list, editable=False)
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)
    closed_at = MomentField(_("closed at"), null=True, editable=False)
    last_login = MomentField(_("last log-in"), null=True, blank=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["full_name"]

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        indexes: ClassVar = [
            models.Index(fields=["role", "-id"], name="user_of_role"),
            models.Index(fields=["is_active", "-id"], name="user_active"),
            models.Index(fields=["email_verified", "-id"], name="user_verified"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    @property
    def is_organiser(self) -> bool:
        """Staff and admin: they run the event."""
        return self.role in {Role.STAFF, Role.ADMIN}

    @property
    def is_staff(self) -> bool:
        """May log in to the admin."""
        return self.is_organiser

    @property
    def is_superuser(self) -> bool:
        return self.role == Role.ADMIN

    def has_ended(self, session_id: UUID) -> bool:
        """Whether access tokens of this session are void."""
        return any(ended == session_id.hex for ended, _until in self.ended_sessions)

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django's question for the admin, answered from the role."""
        return self.is_active and role_allows(self.role, perm)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and role_sees(self.role, app_label)

    def get_session_auth_hash(self) -> str:
        """What a session of the admin is bound to: it ends when the tokens do."""
        return f"{super().get_session_auth_hash()}.{self.token_version}"

    @property
    def institution_brief(self) -> dict[str, UUID | str] | None:
        if self.institution_id is None:
            return None
        return {"id": self.institution_id, "name": self.institution_name}

    @property
    def missing_fields(self) -> list[str]:
        """The profile's fields that are still empty."""
        return [
            field
            for field in self.PROFILE_FIELDS
            if getattr(self, f"{field}_id" if field == "institution" else field)
            in {None, ""}
        ]

    @property
    def profile_complete(self) -> bool:
        return not self.missing_fields
