"""The URLs of a site with one more view, which makes a row and may be held up."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from competition_site.api.envelope import Reply
from competition_site.api.views import StrictRequests
from competition_site.urls import handler400, handler403, handler404, handler500
from competition_site.urls import urlpatterns as sound
from tests.factories import make_institution

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class SlowView(StrictRequests, APIView):
    """Makes an institution; ``then`` runs in its transaction, after that."""

    then: Callable[[], object] | None = None

    def post(self, request: Request) -> Response:
        institution = make_institution()
        if self.then is not None:
            self.then()
        return Reply({"id": institution.pk}, status=201)


urlpatterns = [path("api/v1/slow", SlowView.as_view()), *sound]
