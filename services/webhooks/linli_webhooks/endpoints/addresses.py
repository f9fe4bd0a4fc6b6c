"""Which addresses an endpoint may have, so that nobody makes us knock at doors inside the
district's own network.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

MAX_URL = 2000


class BadUrl(ValueError):
    """A URL that no endpoint may have."""


class ForbiddenAddress(OSError):
    """The name leads to an address that is not of the public internet."""


def check_url(url: str, *, allow_http: bool) -> SplitResult:
    """The parts of a URL. Raises `BadUrl`."""
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise BadUrl(f"is not printable ASCII of at most {MAX_URL} characters; encode what is not")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadUrl(str(error)) from None
    if parts.scheme not in (("https", "http") if allow_http else ("https",)):
        raise BadUrl("does not begin with https://")
    if not parts.hostname or port == 0:
        raise BadUrl("has no host or no port that can be connected to")
    if parts.username or parts.password or parts.fragment:
        raise BadUrl("holds an account or a fragment; deliveries are signed instead")
    return parts


def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host, each of which may be connected to. One that may not forbids them
    all.

    Raises:
        ForbiddenAddress: one is private, of this machine, of this link or otherwise not public.
        OSError: there is no such host.
    """
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
    for address in addresses:
        if not allow_private and not is_public(address):
            raise ForbiddenAddress(f"{host} leads to {address}, which is not a public address")
    return addresses


def is_public(address: str) -> bool:
    """Whether an IPv4 or IPv6 address is one of the public internet, also when it holds one of the
    other kind.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.is_multicast or ip.is_reserved or not ip.is_global:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.is_site_local:
            return False
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        return inner is None or is_public(str(inner))
    return True
