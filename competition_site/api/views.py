"""What every API view shares: strict parameters and bodies, keyed POSTs, plain 404s."""

from __future__ import annotations

import functools
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from competition_site.api.envelope import Reply, refusal_response
from competition_site.api.exceptions import unforeseen
from competition_site.api.idempotency import HEADER, run_once
from competition_site.api.pagination import PARAMETERS
from competition_site.api.serializers import StrictSerializer, is_uuid
from competition_site.rules import RuleViolation


class StrictRequests:
    """View mixin that keeps the contract's order of refusals.

    Parameters and bodies are read only after the object was found, and a POST with an
    ``Idempotency-Key`` runs at most once, in whatever view it arrives.
    """

    request: Request
    idempotent = True
    found: Any = None
    """The object that ``get_object`` found last."""

    filters: type[StrictSerializer] | None = None
    """The query parameters of the list, besides those of its pages."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        handler = getattr(self, "post", None)
        if request.method == "POST" and handler and self._is_keyed(request):
            # DRF's dispatch looks the handler up after this, on the instance.
            self.post = functools.partial(run_once, self, handler)

    def _is_keyed(self, request: Request) -> bool:
        return (
            self.idempotent
            and request.user.is_authenticated
            and HEADER in request.headers
        )

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Which methods there are stands in ``Allow``; DRF's description is off."""
        return Reply()

    def get_object(self) -> Any:
        lookup = getattr(self, "lookup_url_kwarg", None) or getattr(
            self, "lookup_field", "pk"
        )
        value = self.kwargs.get(lookup)  # type: ignore[attr-defined]
        if lookup in {"pk", "id"} and not is_uuid(value):
            raise Http404
        self.found = super().get_object()  # type: ignore[misc]
        return self.found

    def parameters(self, *, paged: bool = False) -> dict[str, Any]:
        """The validated query parameters; an unknown or repeated one is refused."""
        given = self.request.query_params
        errors = {
            name: [_("Give this parameter once.")]
            for name, values in given.lists()
            if len(values) > 1
        }
        if errors:
            raise ValidationError(errors)
        serializer_class = (paged and self.filters) or StrictSerializer
        own = {n: v for n, v in given.items() if not (paged and n in PARAMETERS)}
        serializer = serializer_class(data=own, context={"request": self.request})
        serializer.is_valid(raise_exception=True)
        validated: dict[str, Any] = serializer.validated_data
        return validated

    def body(
        self,
        serializer_class: type[Any],
        *,
        partial: bool = False,
        **context: Any,
    ) -> dict[str, Any]:
        """The validated body; call it after the object was found."""
        self.parameters()
        _require_length(self.request)
        serializer = serializer_class(
            data=self.request.data,
            context={"request": self.request, **context},
            partial=partial,
        )
        serializer.is_valid(raise_exception=True)
        validated: dict[str, Any] = serializer.validated_data
        return validated


def _require_length(request: Request) -> None:
    """Refuse a chunked body, which Django would read as an empty one."""
    if "Transfer-Encoding" in request.headers and not request.META.get(
        "CONTENT_LENGTH"
    ):
        message = _("Send the body with its Content-Length.")
        raise RuleViolation("validation_error", message)


class AnyAccept(BaseContentNegotiation):
    """For downloads, whose type is the file's: refusals are JSON all the same."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: Any = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


def not_found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """The answer on a path that leads nowhere."""
    return refusal_response(RuleViolation("not_found"))


def bad_request(
    request: HttpRequest, exception: Exception | None = None
) -> HttpResponse:
    """Django's handler400."""
    return refusal_response(RuleViolation("validation_error"))


def permission_denied(
    request: HttpRequest, exception: Exception | None = None
) -> HttpResponse:
    """Django's handler403."""
    return refusal_response(RuleViolation("permission_denied"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    return refusal_response(unforeseen())
