"""Who is calling: what our own proxies saw, and nothing that a client wrote."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from competition_site.api.client import client_address, client_network

FORGED = {
    "HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.7",
    "HTTP_FORWARDED": "for=203.0.113.9",
    "HTTP_X_REAL_IP": "203.0.113.9",
    "HTTP_CLIENT_IP": "203.0.113.9",
    "HTTP_TRUE_CLIENT_IP": "203.0.113.9",
}


def caller(**meta: str) -> Any:
    return RequestFactory().get("/", **meta)


def test_without_a_proxy_of_ours_the_peer_is_the_client():
    assert client_address(caller(REMOTE_ADDR="192.0.2.1", **FORGED)) == "192.0.2.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "198.51.100.7", "192.0.2.1"),
        (1, " , ", "192.0.2.1"),
        (1, "a" * 5000 + ", 198.51.100.7", "198.51.100.7"),
    ],
)
def test_only_what_our_own_proxies_saw_is_believed(
    settings, proxies: int, forwarded: str, address: str
):
    settings.TRUSTED_PROXIES = proxies
    request = caller(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_an_ipv6_network_is_one_caller(address: str, network: str):
    assert client_network(caller(REMOTE_ADDR=address)) == network
