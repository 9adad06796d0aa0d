"""Registrations: competitions, and the teams that take part."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistrationsConfig(AppConfig):
    name = "registrations"
    verbose_name = _("Registrations")

    def ready(self) -> None:
        from accounts.workflow.names import followed_by
        from registrations.workflow.copies import follow_people

        followed_by(follow_people)
