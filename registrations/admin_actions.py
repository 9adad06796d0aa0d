"""Institutions merged from the admin's list, teams included: choose, then confirm.

A mixin for the page of institutions; it lives here because teams follow as well.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from accounts.models import Institution, User
from registrations import workflow


class TargetForm(forms.Form):
    """Which institution stays."""

    target = forms.ModelChoiceField(
        label=_("Merge into"), queryset=Institution.objects.all()
    )

    def __init__(self, *args: Any, sources: QuerySet[Institution], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.sources = sources
        self.fields["target"].widget = AutocompleteSelect(
            User._meta.get_field("institution"),
            admin.site,
            choices=self.fields["target"].choices,
        )

    def clean_target(self) -> Institution:
        target: Institution = self.cleaned_data["target"]
        if self.sources.filter(pk=target.pk).exists():
            raise forms.ValidationError(_("This is one of those to be merged."))
        return target


class MergeAction:
    """``merge``: the institutions ticked become names of another one."""

    @admin.action(description=_("Merge into another institution"), permissions=["act"])
    def merge(
        self: Any, request: HttpRequest, queryset: QuerySet[Institution]
    ) -> TemplateResponse | None:
        written = request.POST if "merge" in request.POST else None
        form = TargetForm(written, sources=queryset)
        if form.is_valid():
            target = form.cleaned_data["target"]
            verb = partial(workflow.merge_institutions, target=target, by=request.user)
            self.run_on_each(request, queryset, verb, _("Merged: %(count)d."))
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge institutions"),
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "sources": queryset.order_by("name_key"),
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(
            request, "registrations/merge_institutions.html", context
        )
