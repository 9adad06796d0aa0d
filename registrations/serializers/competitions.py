"""Bodies and filters of competitions."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from competition_site.api.serializers import (
    MomentField,
    StrictSerializer,
)
from competition_site.rules import RuleViolation
from registrations.models import Competition, Document

_LARGEST_TEAM = 50
_MAXIMUM_MONEY = 1_000_000_000


class CompetitionChanges(StrictSerializer):
    """What may change once a competition exists; its slug may not."""

    title = serializers.CharField(max_length=150)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=300)
    description = serializers.CharField(
        required=False, allow_blank=True, max_length=20_000
    )
    category = serializers.SlugField(max_length=40)
    registration_opens_at = MomentField()
    registration_closes_at = MomentField()
    starts_at = MomentField()
    ends_at = MomentField()
    roster_locks_at = MomentField(required=False, allow_null=True)
    team_size_min = serializers.IntegerField(
        required=False, min_value=1, max_value=_LARGEST_TEAM
    )
    team_size_max = serializers.IntegerField(
        required=False, min_value=1, max_value=_LARGEST_TEAM
    )
    capacity = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=1_000_000
    )
    seat_policy = serializers.ChoiceField(
        Competition.SeatPolicy.choices, required=False
    )
    fee = serializers.IntegerField(
        required=False, min_value=0, max_value=_MAXIMUM_MONEY
    )
    payment_instructions = serializers.CharField(
        required=False, allow_blank=True, max_length=2000
    )
    questions = serializers.ListField(
        child=serializers.JSONField(), required=False, max_length=50
    )
    required_documents = serializers.ListField(
        child=serializers.ChoiceField(Document.Kind.choices),
        required=False,
        max_length=10,
    )
    status = serializers.ChoiceField(Competition.Status.choices, required=False)


class CompetitionBody(CompetitionChanges):
    """A new competition: always a draft first."""

    slug = serializers.SlugField(max_length=60)
    status = None  # type: ignore[assignment]


class CompetitionFilters(StrictSerializer):
    category = serializers.SlugField(required=False, max_length=40)
    phase = serializers.ChoiceField(Competition.Phase.choices, required=False)
    search = serializers.CharField(required=False, max_length=64)


class CompetitionChoice(serializers.Field[Any, Any, Any, Any]):
    """A competition by its slug, among those the caller may know of."""

    def to_internal_value(self, value: Any) -> Competition:
        slug = serializers.SlugField(max_length=60).run_validation(value)
        user = self.context["request"].user
        competition = Competition.objects.visible_to(user).filter(slug=slug).first()
        if competition is None:
            raise self.missing()
        return competition

    def missing(self) -> Exception:
        text = _("There is no such competition.")
        return RuleViolation("not_found", errors={str(self.field_name): [text]})


class CompetitionFilter(CompetitionChoice):
    """The same as a query parameter: an unknown one is a bad value."""

    def missing(self) -> Exception:
        return serializers.ValidationError(_("There is no such competition."))
