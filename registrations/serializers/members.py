"""Bodies about a team's members."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import User
from competition_site.api.serializers import IdField, StrictSerializer
from registrations.models import Registration


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


class HandOverBody(StrictSerializer):
    user_id = MemberChoice()
