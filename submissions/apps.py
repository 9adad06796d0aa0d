"""Submissions: stages, the work that teams hand in, and its receipts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SubmissionsConfig(AppConfig):
    name = "submissions"
    verbose_name = _("Submissions")

    def ready(self) -> None:
        from accounts.workflow.names import followed_by
        from submissions.workflow.copies import follow_judges

        followed_by(follow_judges)
