"""Submissions: stages, the work that teams hand in, and its receipts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SubmissionsConfig(AppConfig):
    name = "submissions"
    verbose_name = _("Submissions")

    def ready(self) -> None:
        from accounts.workflow.names import followed_by
        from registrations.workflow.competitions import clone_with
        from submissions.workflow.cloning import clone_stages
        from submissions.workflow.copies import follow_judges

        followed_by(follow_judges)
        clone_with(clone_stages)
