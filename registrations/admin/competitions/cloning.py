"""A competition cloned from the admin's list: another slug, and by how many days."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from competition_site.rules import RuleViolation
from registrations import workflow
from registrations.models import Competition
from registrations.workflow.competitions import LONGEST_SHIFT


class CloneForm(forms.Form):
    """What the clone is called in addresses, and when it takes place."""

    slug = forms.SlugField(label=_("Slug of the copy"), max_length=60)
    shift_days = forms.IntegerField(
        label=_("Days later"),
        initial=364,
        min_value=-LONGEST_SHIFT,
        max_value=LONGEST_SHIFT,
        help_text=_("Every date moves by as many days; 364 keeps the weekdays."),
    )

    def tell(self, violation: RuleViolation) -> None:
        """Show a refusal at the field it names."""
        for field, texts in (violation.errors or {"": [str(violation)]}).items():
            self.add_error(field if field in self.fields else None, list(texts))


class CloneAction:
    """``clone``: one ticked competition becomes the draft of another one."""

    @admin.action(description=_("Copy with all dates shifted"), permissions=["act"])
    def clone(
        self: Any, request: HttpRequest, queryset: QuerySet[Competition]
    ) -> HttpResponse | None:
        ticked = list(queryset[:2])
        if len(ticked) != 1:
            text = _("Tick one competition to copy.")
            self.message_user(request, text, messages.ERROR)
            return None
        [competition] = ticked
        form = CloneForm(request.POST if "clone" in request.POST else None)
        if form.is_valid():
            try:
                made = workflow.clone_competition(
                    competition, by=request.user, **form.cleaned_data
                )
            except RuleViolation as violation:
                form.tell(violation)
            else:
                self.message_user(request, _("This is the copy, a draft."))
                return redirect("admin:registrations_competition_change", made.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Copy a competition"),
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "competition": competition,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(
            request, "registrations/clone_competition.html", context
        )
