"""What the admin's pages of every app share, and the site's titles."""

from django.conf import settings
from django.contrib import admin
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from competition_site.admin.files import FilePage
from competition_site.admin.forms import RuleForm, WorkflowPage
from competition_site.admin.pages import ReadOnlyPage, listed
from competition_site.admin.reasons import ReasonForm, reason_in

__all__ = [
    "FilePage",
    "ReadOnlyPage",
    "ReasonForm",
    "RuleForm",
    "WorkflowPage",
    "listed",
    "reason_in",
]

admin.site.site_header = _("Competition office")
admin.site.site_title = _("Competition office")
admin.site.index_title = format_lazy(
    _("All times are those of {zone}."), zone=settings.TIME_ZONE
)
admin.site.site_url = settings.FRONTEND_URL
admin.site.enable_nav_sidebar = False  # lists need the width
