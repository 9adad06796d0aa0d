"""Forms that save through the workflow and show what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase

from competition_site.admin.pages import Page
from competition_site.db.transactions import retry_on_conflict
from competition_site.rules import RuleViolation, Text


class RuleForm(forms.ModelForm):
    """A form that shows what a rule refuses on the fields the refusal names.

    ``read_version`` is the version the person saw: who saves later than somebody else
    is told so instead of overwriting.
    """

    read_version = forms.IntegerField(widget=forms.HiddenInput)
    refusal: RuleViolation | None = None
    """What the workflow said when this same form was saved a moment ago."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "read_version" in self.fields:  # not on a page that only shows
            self.fields["read_version"].initial = self.instance.version

    def contradictions(self, row: Any) -> Mapping[str, list[Text]]:
        """Fields of a filled-in row that contradict each other, and why."""
        return {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.refusal is not None:
            self._name(self.refusal.errors or {"": [str(self.refusal)]})
        elif not self.errors:
            self._name(self.contradictions(self._meta.model(**self.written)))
        return cleaned

    def _name(self, errors: Mapping[str, list[Text]]) -> None:
        for field, texts in errors.items():
            self.add_error(field if field in self.fields else None, list(texts))

    @property
    def written(self) -> dict[str, Any]:
        """Every column's value as filled in."""
        return {n: v for n, v in self.cleaned_data.items() if n != "read_version"}

    @property
    def changes(self) -> dict[str, Any]:
        """The columns that the person changed."""
        return {n: v for n, v in self.written.items() if n in self.changed_data}


class WorkflowPage(Page):
    """A form whose ``save_model`` calls the workflow.

    A rule that says no at the last moment comes back as an error in the form, with
    everything that was filled in.
    """

    form = RuleForm

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        arguments = (request, object_id, form_url, extra_context)
        view = super().changeform_view
        try:
            return retry_on_conflict(view)(*arguments)
        except RuleViolation as violation:
            request.refusal = violation  # type: ignore[attr-defined]
            return view(*arguments)

    def get_form(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> type[RuleForm]:
        form = super().get_form(request, *args, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form
