"""GET /server-time: the clock that deadlines are judged by."""

from __future__ import annotations

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from competition_site.api.envelope import Reply
from competition_site.api.views import StrictRequests


class ServerTimeView(StrictRequests, APIView):
    """The moment at which this request would count. It asks no database.

    A token is not even looked at: one that ran out while its owner waited for the
    deadline hinders nobody.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        self.parameters()
        return Reply({"now": request.received_at})
