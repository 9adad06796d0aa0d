"""Bodies and filters of competitions."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from competition_site.api.serializers import (
    IdField,
    MomentField,
    StrictSerializer,
)
from competition_site.rules import RuleViolation
from registrations.models import Competition, Document
from registrations.workflow import eligibility
from registrations.workflow.competitions import LIMITS, LONGEST_SHIFT


def _number(name: str, *, nullable: bool = False) -> serializers.IntegerField:
    """A number within the limits that the workflow holds as well."""
    least, most = LIMITS[name]
    return serializers.IntegerField(
        required=False, allow_null=nullable, min_value=least, max_value=most
    )


def _year() -> serializers.IntegerField:
    return serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=eligibility.FIRST_YEAR,
        max_value=eligibility.LAST_YEAR,
    )


class EligibilityBody(StrictSerializer):
    """Written whole: a key left out refuses nobody."""

    institutions = serializers.ListField(
        child=IdField(), required=False, max_length=eligibility.MOST_INSTITUTIONS
    )
    email_domains = serializers.ListField(
        child=serializers.CharField(max_length=253),
        required=False,
        max_length=eligibility.MOST_DOMAINS,
    )
    entry_year_min = _year()
    entry_year_max = _year()
    mixed_institutions = serializers.BooleanField(required=False)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        return eligibility.completed(super().to_internal_value(data))


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
    team_size_min = _number("team_size_min")
    team_size_max = _number("team_size_max")
    capacity = _number("capacity", nullable=True)
    seat_policy = serializers.ChoiceField(
        Competition.SeatPolicy.choices, required=False
    )
    institution_quota = _number("institution_quota", nullable=True)
    waitlist_open = serializers.BooleanField(required=False)
    waitlist_closes_at = MomentField(required=False, allow_null=True)
    offer_hours = _number("offer_hours")
    withdrawal_closes_at = MomentField(required=False, allow_null=True)
    eligibility = EligibilityBody(required=False)
    fee = _number("fee")
    payment_due_hours = _number("payment_due_hours")
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


class CloneBody(StrictSerializer):
    slug = serializers.SlugField(max_length=60)
    shift_days = serializers.IntegerField(
        min_value=-LONGEST_SHIFT, max_value=LONGEST_SHIFT
    )


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
