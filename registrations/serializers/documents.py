"""Bodies of documents."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import User
from competition_site.api.serializers import (
    IdField,
    StrictSerializer,
)
from competition_site.files.content import require_content
from registrations.models import Document, Registration
from registrations.workflow.documents import ACCEPTED_TYPES


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
