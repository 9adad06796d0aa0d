"""Routes of the admin that accounts serves in its own way, below /admin/."""

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponseBase
from django.urls import path, reverse_lazy

from accounts.forms import OwnPasswordForm


def change_password(request: HttpRequest) -> HttpResponseBase:
    """Stock Django would write the new hash past the workflow: sessions went on."""
    view = PasswordChangeView.as_view(
        form_class=OwnPasswordForm,
        success_url=reverse_lazy("admin:password_change_done"),
        extra_context=admin.site.each_context(request),
    )
    return view(request)


urlpatterns = [
    path("password_change/", admin.site.admin_view(change_password, cacheable=True)),
]
