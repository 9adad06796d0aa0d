"""The URLs of a site with two views that break."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from competition_site.urls import handler400, handler403, handler404, handler500
from competition_site.urls import urlpatterns as sound

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

DETAIL = "secret detail"


class BrokenView(APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        raise ZeroDivisionError(DETAIL)


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError(DETAIL)


urlpatterns = [
    path("api/v1/broken/view", BrokenView.as_view()),
    path("api/v1/broken/function", broken),
    *sound,
]
