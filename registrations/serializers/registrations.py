"""Bodies and filters of registrations."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from competition_site.api.serializers import (
    IdField,
    NameField,
    StrictSerializer,
)
from registrations.models import Registration
from registrations.serializers.competitions import CompetitionChoice, CompetitionFilter


class AnswersField(serializers.DictField):
    """``{question key: answer}``; whether they fit is the workflow's question."""

    child = serializers.JSONField(allow_null=True)

    def run_child_validation(self, data: Any) -> dict[str, Any]:
        return dict(data)


class RegistrationChanges(StrictSerializer):
    team_name = NameField(max_length=80)
    answers = AnswersField(required=False)


class RegistrationBody(RegistrationChanges):
    competition = CompetitionChoice()
    submit = serializers.BooleanField(required=False, default=False)


class RegistrationFilters(StrictSerializer):
    competition = CompetitionFilter(required=False)
    status = serializers.ChoiceField(Registration.Status.choices, required=False)
    payment_status = serializers.ChoiceField(
        Registration.PaymentStatus.choices, required=False
    )
    institution = IdField(required=False)
    search = serializers.CharField(required=False, max_length=64)


class NoteBody(StrictSerializer):
    """Why: the team reads it."""

    note = serializers.CharField(max_length=2000)


class NotesField(serializers.DictField):
    """``{what: why}``; whether there is such a thing is the workflow's question."""

    child = serializers.CharField(max_length=500)


class ChangeRequestBody(StrictSerializer):
    fields = NotesField(required=False)
    documents = NotesField(required=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000)
