"""Registrations: competitions, and the teams that take part."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistrationsConfig(AppConfig):
    name = "registrations"
    verbose_name = _("Registrations")

    def ready(self) -> None:
        from accounts.workflow.followers import Event, follow, follow_merging
        from registrations.workflow import copies, institutions
        from registrations.workflow.teams import departures, succession

        follow(Event.RENAMED, copies.follow_people)
        follow_merging(institutions.follow_merging)
        follow(Event.DEACTIVATED, succession.pass_on_led)
        follow(Event.CLOSING, departures.forget)
        import_module("registrations.export")
