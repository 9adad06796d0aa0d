"""Bodies and filters of judging and results."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import User
from accounts.serializers import InstitutionChoice
from competition_site.api.serializers import (
    IdField,
    ReferenceField,
    StrictSerializer,
)
from submissions.models import Assignment, Submission

_MOST_MARKS = 200


class UserReference(IdField):
    """A person by their id, named by those who know it."""

    def to_internal_value(self, value: Any) -> User:
        user = User.objects.filter(pk=super().to_internal_value(value)).first()
        if user is None:
            raise serializers.ValidationError(_("There is no such person."))
        return user


class CriterionBody(StrictSerializer):
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=1000
    )
    max_score = serializers.IntegerField(min_value=1, max_value=1000)
    weight = serializers.IntegerField(min_value=1, max_value=1000)
    required = serializers.BooleanField(required=False)


class AssignmentBody(StrictSerializer):
    submission = ReferenceField(Submission)
    judge = UserReference()


class AssignmentFilters(StrictSerializer):
    status = serializers.ChoiceField(Assignment.Status.choices, required=False)
    stage = IdField(required=False)


class ScoresField(serializers.DictField):
    """``{criterion id: marks}``, up to two decimals."""

    child = serializers.DecimalField(
        max_digits=7, decimal_places=2, coerce_to_string=False
    )

    def to_internal_value(self, data: Any) -> dict[str, float]:
        if isinstance(data, dict) and len(data) > _MOST_MARKS:
            raise serializers.ValidationError(_("These are too many."))
        return {
            key: float(marks) for key, marks in super().to_internal_value(data).items()
        }


class ReviewBody(StrictSerializer):
    scores = ScoresField()
    comment = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    private_note = serializers.CharField(
        required=False, allow_blank=True, max_length=5000
    )
    final = serializers.BooleanField(required=False, default=False)


class ConflictBody(StrictSerializer):
    """Names one of the three. A team is named by id, known from before the conflict."""

    registration = IdField(required=False)
    institution = InstitutionChoice(required=False)
    user = UserReference(required=False)
    reason = serializers.CharField(max_length=500)


class ComputeBody(StrictSerializer):
    reason = serializers.CharField(required=False, max_length=500)
