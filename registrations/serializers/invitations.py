"""Bodies of invitations."""

from __future__ import annotations

from rest_framework import serializers

from accounts.serializers import EmailField
from competition_site.api.serializers import (
    StrictSerializer,
)


class InvitationBody(StrictSerializer):
    email = EmailField(max_length=254)


class AcceptanceBody(StrictSerializer):
    token = serializers.CharField(max_length=200)
