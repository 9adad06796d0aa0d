"""The bodies and filters of registrations: what a client may write."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import User
from accounts.serializers import EmailField
from competition_site.api.serializers import (
    IdField,
    MomentField,
    NameField,
    StrictSerializer,
)
from competition_site.files.content import require_content
from competition_site.rules import RuleViolation
from registrations.models import Competition, Document, Registration
from registrations.workflow.documents import ACCEPTED_TYPES

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


class InvitationBody(StrictSerializer):
    email = EmailField(max_length=254)


class AcceptanceBody(StrictSerializer):
    token = serializers.CharField(max_length=200)


class MemberChoice(IdField):
    """A member of the registration at hand, by user id."""

    def to_internal_value(self, value: Any) -> User:
        pk = super().to_internal_value(value)
        registration: Registration = self.context["registration"]
        member = (
            User.objects.filter(pk=pk).first()
            if pk in registration.member_ids
            else None
        )
        if member is None:
            raise serializers.ValidationError(
                _("This person is not a member of the team.")
            )
        return member


class DocumentBody(StrictSerializer):
    """Multipart: the type is judged by the file's content."""

    kind = serializers.ChoiceField(Document.Kind.choices)
    file = serializers.FileField(allow_empty_file=True)
    member = MemberChoice(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["content_type"] = require_content(
            attrs["file"],
            allowed=ACCEPTED_TYPES,
            maximum_bytes=settings.MAX_DOCUMENT_BYTES,
        )
        return attrs


class ReasonBody(StrictSerializer):
    reason = serializers.CharField(max_length=500)
