"""Every route: the API, health, the admin, and an envelope for the others."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from competition_site import health
from competition_site.api import views
from competition_site.server_time import ServerTimeView

api = [
    path("server-time", ServerTimeView.as_view()),
    path("", include("accounts.urls")),
    path("", include("registrations.urls")),
    path("", include("submissions.urls")),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", include("accounts.admin_urls")),
    path("admin/", admin.site.urls),
    re_path(r"^(api|health)(/|$)", views.not_found),
]

handler400 = "competition_site.api.views.bad_request"
handler403 = "competition_site.api.views.permission_denied"
handler404 = "competition_site.api.views.not_found"
handler500 = "competition_site.api.views.server_error"
