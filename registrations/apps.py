"""Registrations: competitions, and the teams that take part."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistrationsConfig(AppConfig):
    name = "registrations"
    verbose_name = _("Registrations")

    def ready(self) -> None:
        from accounts.workflow.followers import Event, follow
        from registrations.workflow import copies
        from registrations.workflow.teams import succession

        follow(Event.RENAMED, copies.follow_people)
        follow(Event.DEACTIVATED, succession.pass_on_led)
