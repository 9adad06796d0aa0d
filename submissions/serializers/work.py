"""Bodies and filters of stages and work."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from competition_site.api.serializers import (
    IdField,
    MomentField,
    ReferenceField,
    StrictSerializer,
)
from competition_site.files.content import EXTENSIONS, require_content
from registrations.models import Registration
from registrations.serializers.competitions import CompetitionFilter
from submissions.models import Stage, Submission
from submissions.workflow.links import MAXIMUM_HOSTS, link_error

_MAXIMUM_FILE = 500 * 1024 * 1024


class AcceptsBody(StrictSerializer):
    files = serializers.BooleanField()
    link = serializers.BooleanField()
    text = serializers.BooleanField()


class StageBody(StrictSerializer):
    name = serializers.CharField(max_length=100)
    order = serializers.IntegerField(required=False, min_value=1, max_value=100)
    opens_at = MomentField()
    closes_at = MomentField()
    grace_minutes = serializers.IntegerField(
        required=False, min_value=0, max_value=1440
    )
    late_policy = serializers.ChoiceField(Stage.LatePolicy.choices, required=False)
    late_until = MomentField(required=False, allow_null=True)
    paused = serializers.BooleanField(required=False)
    accepts = AcceptsBody(required=False)
    allowed_types = serializers.ListField(
        child=serializers.ChoiceField(sorted(EXTENSIONS)), required=False, max_length=20
    )
    link_hosts = serializers.ListField(
        child=serializers.CharField(max_length=253),
        required=False,
        max_length=MAXIMUM_HOSTS,
    )
    max_file_bytes = serializers.IntegerField(
        required=False, min_value=1, max_value=_MAXIMUM_FILE
    )
    max_files = serializers.IntegerField(required=False, min_value=1, max_value=50)
    max_versions = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=1000
    )
    blind = serializers.BooleanField(required=False)
    judging_opens_at = MomentField(required=False, allow_null=True)
    judging_closes_at = MomentField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name, accepted in attrs.pop("accepts", {}).items():
            attrs[f"accepts_{name}"] = accepted
        if "link_hosts" in attrs:
            attrs["link_hosts"] = [host.lower() for host in attrs["link_hosts"]]
        return attrs


class ExtensionBody(StrictSerializer):
    until = MomentField()
    reason = serializers.CharField(max_length=500)


class LinkField(serializers.CharField):
    """An http or https address; whether its host will do is the stage's rule."""

    def to_internal_value(self, value: Any) -> str:
        link = super().to_internal_value(value)
        if link and (error := link_error(link, ())):
            raise serializers.ValidationError(error)
        return link


class SubmissionChanges(StrictSerializer):
    title = serializers.CharField(max_length=150)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    link_url = LinkField(required=False, allow_blank=True, max_length=500)


class SubmissionBody(SubmissionChanges):
    registration = ReferenceField(Registration)
    stage = ReferenceField(Stage)
    submit = serializers.BooleanField(required=False, default=False)


class SubmissionFilters(StrictSerializer):
    stage = IdField(required=False)
    competition = CompetitionFilter(required=False)
    registration = IdField(required=False)
    status = serializers.ChoiceField(Submission.Status.choices, required=False)


class FileBody(StrictSerializer):
    """Multipart: the type is judged by the file's content, against the stage's list."""

    file = serializers.FileField(allow_empty_file=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stage: Stage = self.context["stage"]
        if not stage.accepts_files:
            raise serializers.ValidationError(
                {"file": [_("This stage does not accept files.")]}
            )
        attrs["content_type"] = require_content(
            attrs["file"],
            allowed=stage.allowed_types,
            maximum_bytes=stage.max_file_bytes,
        )
        return attrs
