"""The shapes of accounts."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import Institution, Session, User
from accounts.models.user import normalised_email
from accounts.roles import Role
from competition_site.api.serializers import IdField, NameField, StrictSerializer

MAXIMUM_PASSWORD = 128
_FIRST_ENTRY_YEAR, _LAST_ENTRY_YEAR = 1980, 2100


class InstitutionChoice(IdField):
    """An institution by its id."""

    def to_internal_value(self, value: Any) -> Institution:
        institution = Institution.objects.filter(
            pk=super().to_internal_value(value)
        ).first()
        if institution is None:
            raise serializers.ValidationError(_("There is no such institution."))
        return institution


class EmailField(serializers.EmailField):
    """An address in the form in which it is stored and compared.

    Django's pattern ignores case, and so lets some letters beyond ASCII through.
    """

    def to_internal_value(self, value: Any) -> str:
        return normalised_email(super().to_internal_value(value))

    def run_validators(self, value: Any) -> None:
        """Refuse what a mail server may read as another person's address.

        Django's pattern lets a dotless i through, and ``"sari"@…`` is ``sari@…``.
        """
        address = normalised_email(value)
        super().run_validators(address)
        if not address.isascii() or '"' in address:
            raise serializers.ValidationError(self.error_messages["invalid"])


class ProfileBody(StrictSerializer):
    """What a person may change of themselves."""

    full_name = NameField(max_length=150)
    phone = serializers.RegexField(
        r"^\+?[0-9 ()-]{6,30}$", required=False, allow_blank=True, max_length=30
    )
    institution = InstitutionChoice(required=False, allow_null=True)
    student_number = serializers.CharField(
        required=False, allow_blank=True, max_length=40
    )
    study_program = serializers.CharField(
        required=False, allow_blank=True, max_length=100
    )
    entry_year = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=_FIRST_ENTRY_YEAR,
        max_value=_LAST_ENTRY_YEAR,
    )


class PasswordField(serializers.CharField):
    """A password as it is typed; its length is checked before anything is hashed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAXIMUM_PASSWORD, trim_whitespace=False, **kwargs)


def require_good_password(field: str, password: str, person: User | None) -> None:
    """Raise ValidationError where a new password is short, common or personal."""
    try:
        validate_password(password, user=person)
    except DjangoValidationError as error:
        raise serializers.ValidationError({field: error.messages}) from error


class RegisterBody(ProfileBody):
    """The profile with an address and a password."""

    email = EmailField(max_length=254)
    password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        person = User(email=attrs["email"], full_name=attrs["full_name"])
        require_good_password("password", attrs["password"], person)
        return attrs


class LoginBody(StrictSerializer):
    email = serializers.CharField(max_length=254)
    password = PasswordField()


class ForgotBody(StrictSerializer):
    email = EmailField(max_length=254)


class ResetBody(StrictSerializer):
    token = serializers.CharField(max_length=200)
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        require_good_password("new_password", attrs["new_password"], None)
        return attrs


class ChangeBody(StrictSerializer):
    current_password = PasswordField()
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        person = self.context["request"].user
        require_good_password("new_password", attrs["new_password"], person)
        return attrs


class ClosingBody(StrictSerializer):
    password = PasswordField()


class RefreshBody(StrictSerializer):
    refresh = serializers.CharField(max_length=4096)


class TokenBody(StrictSerializer):
    token = serializers.CharField(max_length=200)


class InstitutionBody(StrictSerializer):
    name = serializers.CharField(min_length=3, max_length=200)


class UserFilters(StrictSerializer):
    role = serializers.ChoiceField(Role.choices, required=False)
    search = serializers.CharField(required=False, max_length=64)


class UserChanges(StrictSerializer):
    """One act at a time: a role, or an account closed or reopened."""

    role = serializers.ChoiceField(Role.choices, required=False)
    is_active = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(
                _("Name role or is_active, and one only.")
            )
        return attrs


class InstitutionFilters(StrictSerializer):
    search = serializers.CharField(required=False, max_length=64)


def user_brief(user: User) -> dict[str, Any]:
    """The user beside a pair of tokens."""
    return {
        "id": user.pk,
        "email": user.email,
        "role": user.role,
        "full_name": user.full_name,
        "email_verified": user.email_verified,
    }


def me(user: User) -> dict[str, Any]:
    """The own account."""
    return {
        "id": user.pk,
        "email": user.email,
        "role": user.role,
        "full_name": user.full_name,
        "phone": user.phone,
        "institution": user.institution_brief,
        "student_number": user.student_number,
        "study_program": user.study_program,
        "entry_year": user.entry_year,
        "email_verified": user.email_verified,
        "profile_complete": user.profile_complete,
        "missing_fields": user.missing_fields,
        "version": user.version,
    }


def exported_profile(user: User) -> dict[str, Any]:
    """The own account with all that its row keeps."""
    return {
        **me(user),
        "language": user.language,
        "created_at": user.created_at,
        "last_login": user.last_login,
    }


def user_row(user: User) -> dict[str, Any]:
    """An account as organisers see it."""
    return {
        **me(user),
        "is_active": user.is_active,
        "created_at": user.created_at,
        "last_login": user.last_login,
    }


def session_row(session: Session, *, current: bool) -> dict[str, Any]:
    """One of the own log-ins."""
    return {
        "id": session.pk,
        "device": session.device,
        "address": session.address,
        "created_at": session.created_at,
        "last_used_at": session.rotated_at,
        "expires_at": session.expires_at,
        "current": current,
    }


def institution(row: Institution) -> dict[str, Any]:
    """An institution as anybody sees it."""
    return {"id": row.pk, "name": row.name, "confirmed": row.confirmed}
