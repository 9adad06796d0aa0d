"""The app that stores idempotency keys, and brings the check of the lists' indexes."""

from django.apps import AppConfig
from django.core.checks import Tags, register


class ApiConfig(AppConfig):
    name = "competition_site.api"
    label = "api"
    verbose_name = "API"

    def ready(self) -> None:
        from competition_site.api.checks import check_shared_counters
        from competition_site.db.index_checks import check_indexes

        register(check_indexes, Tags.models)
        register(check_shared_counters, Tags.security, deploy=True)
