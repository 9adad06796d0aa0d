"""The form of a competition: the workflow's rules at the fields they are about."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.forms.fields import InvalidJSONInput
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import Institution, User
from competition_site.admin import RuleForm
from competition_site.api.parsers import StrictJSONParser
from competition_site.api.serializers import is_uuid
from competition_site.rules import RuleViolation, Text
from registrations.models import Competition, Document
from registrations.models.competition import open_to_everybody
from registrations.workflow.competitions import soundness_errors

PREFIX = "eligibility_"
"""Fields of the form that are keys of one column."""


class IndentedJSON(json.JSONEncoder):
    """JSON that a person can read and edit in a text area."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"indent": 2})


class StrictJSONField(forms.JSONField):
    """JSON as the API takes it; what is wrong is shown again as it was typed."""

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str) or not value.strip():
            return super().to_python(value)
        try:
            return StrictJSONParser().parse(io.BytesIO(value.encode()))
        except RuleViolation as violation:
            text = self.error_messages["invalid"]
            params = {"value": value}
            raise forms.ValidationError(text, "invalid", params) from violation

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if self.disabled else InvalidJSONInput(data or "")


class LinesField(forms.CharField):
    """A list of words, one a line; commas and blanks part them as well."""

    widget = forms.Textarea(attrs={"rows": 3, "cols": 40, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return re.findall(r"[^\s,;]+", super().to_python(value).lower())

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class InstitutionChoice(AutocompleteSelectMultiple):
    """Institutions found by typing; of what was sent only ids are looked up again."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [v for v in value if is_uuid(v)], attr)


class EligibilityFields(forms.Form):
    """The conditions of taking part, each as what it is."""

    eligibility_institutions = forms.ModelMultipleChoiceField(
        label=_("Institutions"),
        queryset=Institution.objects.all(),
        required=False,
        help_text=_("Only their students; none: everybody's."),
    )
    eligibility_email_domains = LinesField(
        label=_("E-mail domains"),
        required=False,
        help_text=_(
            "One a line, such as mail.ugm.ac.id: exactly that host, and only addresses "
            "that were verified. None: any."
        ),
    )
    eligibility_entry_year_min = forms.IntegerField(
        label=_("First entry year"), required=False
    )
    eligibility_entry_year_max = forms.IntegerField(
        label=_("Last entry year"), required=False
    )
    eligibility_mixed_institutions = forms.BooleanField(
        label=_("Members may be of several institutions"),
        required=False,
        initial=True,
        help_text=_("Otherwise all are of the leader's."),
    )


class CompetitionForm(RuleForm, EligibilityFields):
    questions = StrictJSONField(
        label=capfirst(_("questions")),
        required=False,
        initial=list,
        encoder=IndentedJSON,
        widget=forms.Textarea(attrs={"rows": 12, "cols": 80, "spellcheck": "false"}),
        help_text=_(
            "A list; types: text, number, choice, multiple, boolean, url. Example: "
            '[{"key": "shirt", "type": "choice", "choices": ["M", "L"], '
            '"required": true, "label": {"en": "Shirt size", "id": "Ukuran kaus"}}]'
        ),
    )
    required_documents = forms.MultipleChoiceField(
        label=capfirst(_("required documents")),
        required=False,
        choices=Document.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        conditions = open_to_everybody() | dict(self.instance.eligibility)
        for key, value in conditions.items():
            if PREFIX + key in self.fields:
                self.fields[PREFIX + key].initial = value
        if institutions := self.fields.get(f"{PREFIX}institutions"):
            institutions.widget = InstitutionChoice(
                User._meta.get_field("institution"),
                admin.site,
                choices=institutions.choices,
            )

    def clean_questions(self) -> Any:
        return self.cleaned_data["questions"] or []

    def contradictions(self, row: Competition) -> Mapping[str, list[Text]]:
        return soundness_errors(row)

    def _name(self, errors: Mapping[str, list[Text]]) -> None:
        """The keys of the conditions are fields of their own here."""
        super()._name({f.replace(".", "_"): texts for f, texts in errors.items()})

    @property
    def written(self) -> dict[str, Any]:
        columns = super().written
        conditions = {
            name.removeprefix(PREFIX): columns.pop(name)
            for name in list(columns)
            if name.startswith(PREFIX)
        }
        chosen = sorted(str(row.pk) for row in conditions["institutions"])
        return columns | {"eligibility": conditions | {"institutions": chosen}}

    @property
    def changes(self) -> dict[str, Any]:
        changed = {
            f.split("_")[0] if f.startswith(PREFIX) else f for f in self.changed_data
        }
        return {n: v for n, v in self.written.items() if n in changed}
