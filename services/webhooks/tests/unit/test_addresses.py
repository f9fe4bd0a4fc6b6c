"""Where nothing is ever sent."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_webhooks.endpoints import BadUrl, ForbiddenAddress, check_url, is_public, resolve


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",  # noqa: S104  # is refused
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2002:a00:1::",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
        "::127.0.0.1",
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2400:3200::1"]
)
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_within_another_is_no_more_public_than_by_itself(
    address: ipaddress.IPv4Address,
) -> None:
    six = ipaddress.IPv6Address((0x2002 << 112) | (int(address) << 80))
    assert not is_public(str(six)) or is_public(str(address))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "::1"])
def test_a_name_that_leads_inside_is_forbidden_however_it_is_written(host: str) -> None:
    with pytest.raises(ForbiddenAddress):
        resolve(host, 443, allow_private=False)
    assert resolve("127.0.0.1", 443, allow_private=True) == ["127.0.0.1"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "example.com",
        "https://",
        "https:///path",
        "//example.com",
        "https://user:password@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com/a b",
        "https://exämple.com/",
        "https://[::1/",
        "https://example.com/\n",
        "file:///etc/passwd",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_a_url_that_no_endpoint_may_have_is_refused(url: str) -> None:
    with pytest.raises(BadUrl):
        check_url(url, allow_http=False)


@pytest.mark.parametrize(
    "url", ["https://example.com", "https://example.com:8443/a?b=c", "https://[2606:4700::1]/"]
)
def test_a_url_with_tls_is_taken(url: str) -> None:
    assert check_url(url, allow_http=False).scheme == "https"
    assert check_url(url.replace("https", "http"), allow_http=True).scheme == "http"
