"""The admin's page of the outbox: what was sent to whom, never what it said."""

from django.contrib import admin

from competition_site.admin import ReadOnlyPage
from competition_site.outbox.models import OutboxMessage


@admin.register(OutboxMessage)
class OutboxMessagePage(ReadOnlyPage):
    """Mails without their bodies: a body may hold a token."""

    list_display = ("kind", "recipient", "subject", "status", "created_at")
    list_filter = ("status",)
    fields = (*list_display, "attempts", "due_at", "sent_at", "error")
