"""The admin's forms of an organiser's own account: log-in and password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import (
    AdminAuthenticationForm,
    AdminPasswordChangeForm,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import Throttled

from accounts import workflow
from accounts.models import User
from accounts.models.user import normalised_email
from competition_site.api.client import client_network
from competition_site.api.throttles import count
from competition_site.clock import now
from competition_site.rules import CODES, RuleViolation


def _count(*scopes: tuple[str, ...]) -> None:
    """Count an attempt as the API does, to the same limits."""
    try:
        for scope, *identity in scopes:
            count(scope, *identity)
    except Throttled as error:
        raise ValidationError(CODES["throttled"][1], code="throttled") from error


class LogInForm(AdminAuthenticationForm):
    """E-mail, password and the code of the second factor where there is one."""

    otp_code = forms.CharField(
        label=_("Code of the authenticator app"),
        help_text=_("If your account has a second factor."),
        required=False,
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}
        ),
    )
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _(
            "E-mail, password or code is wrong, or the account is no organiser's."
        ),
    }

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        if not self.errors:
            network = client_network(self.request)
            account = normalised_email(self.cleaned_data["username"])
            _count(
                ("login_address", network),
                ("login", account, network),
                ("login_account", account),
            )
            self.user_cache = self._admitted()
        return self.cleaned_data

    def _admitted(self) -> User:
        try:
            return workflow.admit_organiser(
                self.cleaned_data["username"],
                self.cleaned_data["password"],
                self.cleaned_data["otp_code"],
                at=self.request.received_at,
            )
        except RuleViolation as violation:
            if violation.code == "invalid_credentials":
                raise self.get_invalid_login_error() from None
            raise ValidationError(violation.message, code=violation.code) from None


class OwnPasswordForm(AdminPasswordChangeForm):
    """The own password, changed by the rule of the API."""

    def clean_old_password(self) -> str:
        _count(("login_account", str(self.user.pk)))
        return super().clean_old_password()

    def save(self, commit: bool = True) -> User:
        return workflow.change_password(
            self.user,
            current_password=self.cleaned_data["old_password"],
            new_password=self.cleaned_data["new_password1"],
            at=now(),
        )
