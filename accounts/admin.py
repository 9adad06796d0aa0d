"""The admin's pages of accounts."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts import workflow
from accounts.admin_actions import AccountActions, InstitutionActions
from accounts.audit import record
from accounts.models import AuditEvent, Institution, MailToken, Session, User
from competition_site.admin import ReadOnlyPage, RuleForm, WorkflowPage, listed
from competition_site.db.constraints import duplicates_refused
from competition_site.rules import RuleViolation

admin.site.unregister(Group)  # a role, not a group, says what a person may do


@admin.register(User)
class UserPage(AccountActions, WorkflowPage):
    """People: an admin may correct a profile; role and access have no verb yet."""

    list_display = (
        "email",
        "full_name",
        "institution_name",
        "role",
        "email_verified",
        "is_active",
        "created_at",
    )
    list_filter = ("role", "is_active", "email_verified")
    search_fields = ("email",)
    search_help_text = _("How the e-mail address begins.")
    autocomplete_fields = ("institution",)
    readonly_fields = (
        "email",
        "email_verified",
        "role",
        "is_active",
        "closed_at",
        "last_login",
        "created_at",
    )
    fields = (*User.PROFILE_FIELDS, *readonly_fields, "read_version")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: User, form: RuleForm, change: bool
    ) -> None:
        if form.changes:
            workflow.change_profile(
                obj,
                by=request.user,
                if_version=form.cleaned_data["read_version"],
                **form.changes,
            )


def _name_taken() -> RuleViolation:
    text = _("Another institution has this name.")
    return RuleViolation("already_exists", text, errors={"name": [text]})


@admin.register(Institution)
class InstitutionPage(InstitutionActions, WorkflowPage):
    """Universities and schools; who studies there follows a new name."""

    list_display = ("name", "confirmed", "created_at")
    list_filter = ("confirmed",)
    ordering = ("name_key",)
    search_fields = ("name_key",)
    search_help_text = _("How the name begins.")
    fields = ("name", "confirmed", "read_version")

    @duplicates_refused({("name_key",): _name_taken})
    def save_model(
        self, request: HttpRequest, obj: Institution, form: RuleForm, change: bool
    ) -> None:
        if not change:
            obj.save(force_insert=True)
            record(request.user, "institution.created", obj)
        elif form.changes:
            workflow.change_institution(
                obj,
                by=request.user,
                if_version=form.cleaned_data["read_version"],
                **form.changes,
            )


@admin.register(AuditEvent)
class AuditEventPage(ReadOnlyPage):
    """Who did what; the newest first."""

    list_display = ("created_at", "actor_name", "action", "subject")
    search_fields = ("action",)
    search_help_text = _("How the action begins, such as document.")
    filters_by_link = ("object_id",)
    fields = ("created_at", "actor", "action", "subject", "details", "request_id")

    @admin.display(description=_("object"))
    def subject(self, event: AuditEvent) -> SafeString:
        """A link to the row where it has a page."""
        shown = f"{event.object_type} {event.object_id}"
        for model in apps.get_models():
            options = model._meta
            if options.model_name == event.object_type and admin.site.is_registered(
                model
            ):
                name = f"admin:{options.app_label}_{options.model_name}_change"
                href = reverse(name, args=[event.object_id])
                return format_html('<a href="{}">{}</a>', href, shown)
        return format_html("{}", shown)

    @admin.display(description=_("changes"))
    def details(self, event: AuditEvent) -> SafeString:
        return listed(event.changes, "{}: {}")


class OfUserPage(ReadOnlyPage):
    """Rows that show their person: all people of a page in one further query."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("user")


@admin.register(Session)
class SessionPage(OfUserPage):
    """Who is logged in where. What the tokens are known by stays out of sight."""

    list_display = ("user", "device", "created_at", "expires_at", "revoked_at")
    fields = (
        "user",
        "device",
        "address",
        "created_at",
        "rotated_at",
        "expires_at",
        "revoked_at",
    )


@admin.register(MailToken)
class MailTokenPage(OfUserPage):
    """Links that were mailed; neither they nor their hashes are shown."""

    list_display = ("user", "purpose", "email", "created_at", "expires_at", "used_at")
    list_filter = ("purpose",)
    fields = ("user", "purpose", "email", "created_at", "expires_at", "used_at")
