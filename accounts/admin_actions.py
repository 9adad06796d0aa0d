"""What admins do to accounts, and organisers to institutions, from the admin's lists.

Mixins for pages that bring ``run_on_each`` and the permission ``act``.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import workflow
from accounts.models import Institution, User
from accounts.roles import Role


class RunsOnEach(Protocol):
    def run_on_each(
        self, request: HttpRequest, rows: QuerySet[Any], verb: Any, done: Any
    ) -> None: ...


class AccountActions:
    """Accounts closed, opened again and logged out; people made staff or not."""

    actions = (
        "close_accounts",
        "reopen_accounts",
        "log_out_everywhere",
        "make_staff",
        "make_participants",
    )

    def has_govern_permission(self, request: HttpRequest) -> bool:
        """Whether the person may do this: only admins, whatever staff may change."""
        return request.user.role == Role.ADMIN

    @admin.action(description=_("Close account"), permissions=["govern"])
    def close_accounts(
        self: RunsOnEach, request: HttpRequest, queryset: QuerySet[User]
    ) -> None:
        verb = partial(
            workflow.set_active, active=False, by=request.user, at=request.received_at
        )
        self.run_on_each(request, queryset, verb, _("Closed: %(count)d."))

    @admin.action(description=_("Reopen account"), permissions=["govern"])
    def reopen_accounts(
        self: RunsOnEach, request: HttpRequest, queryset: QuerySet[User]
    ) -> None:
        verb = partial(
            workflow.set_active, active=True, by=request.user, at=request.received_at
        )
        self.run_on_each(request, queryset, verb, _("Open: %(count)d."))

    @admin.action(description=_("Log out everywhere"), permissions=["govern"])
    def log_out_everywhere(
        self: RunsOnEach, request: HttpRequest, queryset: QuerySet[User]
    ) -> None:
        verb = partial(
            workflow.end_all_sessions, by=request.user, at=request.received_at
        )
        self.run_on_each(request, queryset, verb, _("Logged out: %(count)d."))

    @admin.action(description=_("Make staff"), permissions=["govern"])
    def make_staff(
        self: RunsOnEach, request: HttpRequest, queryset: QuerySet[User]
    ) -> None:
        verb = partial(workflow.set_role, role=Role.STAFF, by=request.user)
        self.run_on_each(request, queryset, verb, _("Staff: %(count)d."))

    @admin.action(description=_("Make participant"), permissions=["govern"])
    def make_participants(
        self: RunsOnEach, request: HttpRequest, queryset: QuerySet[User]
    ) -> None:
        verb = partial(workflow.set_role, role=Role.PARTICIPANT, by=request.user)
        self.run_on_each(request, queryset, verb, _("Participants: %(count)d."))


class InstitutionActions:
    """Institutions that students proposed, confirmed."""

    actions = ("confirm",)

    @admin.action(description=_("Confirm"), permissions=["act"])
    def confirm(
        self: RunsOnEach, request: HttpRequest, queryset: QuerySet[Institution]
    ) -> None:
        verb = partial(workflow.confirm_institution, by=request.user)
        self.run_on_each(request, queryset, verb, _("Confirmed: %(count)d."))
