"""The app that stores idempotency keys."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "competition_site.api"
    label = "api"
    verbose_name = "API"
