"""Roles, and what each may do in the admin: one table."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """Exactly one a person; admin may all that staff may."""

    PARTICIPANT = "participant", _("participant")
    JUDGE = "judge", _("judge")
    STAFF = "staff", _("staff")
    ADMIN = "admin", _("admin")


STAFF_VIEWS = frozenset({"accounts", "registrations", "submissions", "outbox"})
"""Apps whose every page staff may read."""

STAFF_WRITES = frozenset(
    {
        "accounts.add_institution",
        "accounts.change_institution",
        "registrations.add_competition",
        "registrations.change_competition",
        "registrations.change_registration",
        "registrations.change_document",
        "submissions.add_stage",
        "submissions.change_stage",
        "submissions.add_criterion",
        "submissions.change_criterion",
        "submissions.add_extension",
        "submissions.change_extension",
        "submissions.add_judgeappointment",
        "submissions.change_judgeappointment",
        "submissions.add_assignment",
    }
)


def role_allows(role: str, permission: str) -> bool:
    """Whether ``role`` has Django's ``app.verb_model`` permission."""
    if role == Role.ADMIN:
        return True
    app, _, verb = permission.partition(".")
    if role != Role.STAFF or app not in STAFF_VIEWS:
        return False
    return verb.startswith("view_") or permission in STAFF_WRITES


def role_sees(role: str, app_label: str) -> bool:
    """Whether ``role`` finds an app on the admin's index."""
    return role == Role.ADMIN or (role == Role.STAFF and app_label in STAFF_VIEWS)
