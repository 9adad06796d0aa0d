"""Bodies of documents."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from competition_site.api.serializers import StrictSerializer
from competition_site.files.content import require_content
from registrations.models import Document
from registrations.serializers.members import MemberChoice
from registrations.workflow.documents import ACCEPTED_TYPES


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
