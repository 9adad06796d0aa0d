"""Submissions: stages, the work that teams hand in, and its receipts."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SubmissionsConfig(AppConfig):
    name = "submissions"
    verbose_name = _("Submissions")

    def ready(self) -> None:
        from accounts.workflow.followers import Event, follow, follow_merging
        from registrations.workflow import follow_renaming
        from registrations.workflow import leaving as registrations
        from registrations.workflow.competitions import clone_with
        from submissions.workflow import cloning, copies, departures, leaving

        follow(Event.RENAMED, copies.follow_judges)
        follow_merging(copies.follow_merging)
        follow_renaming(copies.follow_team)
        follow(Event.CLOSING, departures.give_back)
        clone_with(cloning.clone_stages)
        registrations.follow(leaving.end_work)
        import_module("submissions.export")
