"""The pages of teams: registrations, invitations, memberships."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from competition_site.admin import ReadOnlyPage, ReasonForm, listed
from registrations.admin.decisions import DecisionActions
from registrations.models import Invitation, Membership, Registration


@admin.register(Registration)
class RegistrationPage(DecisionActions, ReadOnlyPage):
    """Teams; staff decide about them in the list."""

    action_form = ReasonForm
    list_display = (
        "team_name",
        "competition_title",
        "status",
        "payment_status",
        "members_count",
        "documents_complete",
        "competing",
        "submitted_at",
    )
    list_filter = ("status", "payment_status", "competition")
    search_fields = ("team_name_key",)
    search_help_text = _("How the team's name begins.")
    fields = (
        "competition",
        "team_name",
        "status",
        "payment_status",
        "amount_due",
        "payment_reference",
        "payment_due_at",
        "payment_reason",
        "competing",
        "leader",
        "members",
        "roster_complete",
        "answer_list",
        "document_list",
        "documents_complete",
        "seat_taken",
        "created_at",
        "submitted_at",
        "waitlisted_at",
        "offer_expires_at",
        "note",
    )

    @admin.display(boolean=True, description=_("competes"))
    def competing(self, registration: Registration) -> bool:
        return registration.competing

    @admin.display(description=_("members"))
    def members(self, registration: Registration) -> SafeString:
        roles = dict(Membership.Role.choices)
        return listed(
            (
                (
                    member["full_name"],
                    roles.get(member["role"], member["role"]),
                    member["institution"] or "–",
                )
                for member in registration.roster
            ),
            "{} ({}), {}",
        )

    @admin.display(description=_("answers"))
    def answer_list(self, registration: Registration) -> SafeString:
        return listed(registration.answers, "{}: {}")

    @admin.display(description=_("documents"))
    def document_list(self, registration: Registration) -> SafeString:
        return listed(
            (
                (
                    reverse("admin:registrations_document_change", args=[document.pk]),
                    document.get_kind_display(),
                    document.file_name,
                    document.get_status_display(),
                )
                for document in registration.documents.order_by("id")
            ),
            '<a href="{}">{}</a>, {}: {}',
        )


@admin.register(Invitation)
class InvitationPage(ReadOnlyPage):
    """Who was asked to join; the token's hash stays out of sight."""

    list_display = (
        "email",
        "team_name",
        "competition_title",
        "status",
        "created_at",
        "expires_at",
    )
    list_filter = ("status",)
    fields = ("registration", *list_display, "accepted_by")


@admin.register(Membership)
class MembershipPage(ReadOnlyPage):
    """Who is in which team."""

    list_display = ("user", "registration", "role", "active", "joined_at", "left_at")
    list_filter = ("role", "active")
    fields = (
        "user",
        "registration",
        "competition",
        "role",
        "active",
        "joined_at",
        "left_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """People and teams of a page in one further query each."""
        return super().get_queryset(request).prefetch_related("user", "registration")
