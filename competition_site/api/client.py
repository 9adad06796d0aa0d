"""Who is calling: the client's address behind the configured proxies."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The peer's address, or what the nearest of ``TRUSTED_PROXIES`` proxies saw.

    Only as many entries of X-Forwarded-For are believed as there are proxies of ours:
    anything to the left was written by the client.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    proxies: int = settings.TRUSTED_PROXIES
    if proxies == 0:
        return peer
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    chain: list[str] = [entry.strip() for entry in forwarded if entry.strip()]
    if len(chain) < proxies:
        return peer
    return chain[-proxies]
