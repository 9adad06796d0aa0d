"""Who is calling: the client's address behind the configured proxies."""

from ipaddress import IPv6Address, IPv6Network, ip_address

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


def client_network(request: HttpRequest) -> str:
    """What request limits count as one caller: an IPv4 address or an IPv6 /64.

    A /64 is what one household or rented server is given, 2^64 addresses of it.
    """
    text = client_address(request)
    try:
        address = ip_address(text)
    except ValueError:  # a socket's file, or a proxy that sends no address
        return text
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address.packed[:8] + bytes(8), 64)))
