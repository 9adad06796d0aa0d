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
