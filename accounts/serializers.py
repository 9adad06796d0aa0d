"""The shapes of accounts."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import Institution, User
from accounts.models.user import normalised_email
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
        address = normalised_email(value)
        if not address.partition("@")[0].isascii():
            self.fail("invalid")
        super().run_validators(address)


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


class RegisterBody(ProfileBody):
    """The profile with an address and a password."""

    email = EmailField(max_length=254)
    password = serializers.CharField(max_length=MAXIMUM_PASSWORD, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        person = User(email=attrs["email"], full_name=attrs["full_name"])
        try:
            validate_password(attrs["password"], user=person)
        except DjangoValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
        return attrs


class LoginBody(StrictSerializer):
    """Length is checked before anything is hashed."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=MAXIMUM_PASSWORD, trim_whitespace=False)


class RefreshBody(StrictSerializer):
    refresh = serializers.CharField(max_length=4096)


class TokenBody(StrictSerializer):
    token = serializers.CharField(max_length=200)


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


def institution(row: Institution) -> dict[str, Any]:
    """An institution as anybody sees it."""
    return {"id": row.pk, "name": row.name, "confirmed": row.confirmed}
