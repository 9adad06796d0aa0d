"""The outbox: mail is a row of the transaction that caused it, sent afterwards."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "competition_site.outbox"
    label = "outbox"
    verbose_name = _("Outbox")

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        autodiscover_modules("mails")
