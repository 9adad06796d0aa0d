"""Room beside a list's actions for a reason."""

from __future__ import annotations

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class ReasonForm(ActionForm):
    """The list's action bar with room for the reason of an action."""

    reason = forms.CharField(
        label=_("Reason:"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"size": 40}),
    )


def reason_in(request: HttpRequest) -> str:
    """What was written beside the action."""
    return str(request.POST.get("reason", "")).strip()
