"""The tokens that the client signs."""

from __future__ import annotations

import jwt
import pytest
from linli_client import ADMIN, BadTokenClaims, Caller, TokenSigner

SECRET = "a-secret-of-at-least-thirty-two-bytes"


def test_a_signer_signs_for_the_whole_district_unless_the_caller_has_a_region() -> None:
    signer = TokenSigner(SECRET, "110101", audience="dongcheng")
    caller = Caller("grid_worker", region="110101001001", account="worker")
    everywhere, somewhere = (
        jwt.decode(token, SECRET, algorithms=["HS256"], audience="dongcheng")
        for token in (signer(ADMIN), signer(caller))
    )
    assert (everywhere["region"], everywhere["roles"]) == ("110101", ["admin"])
    assert (somewhere["region"], somewhere["sub"]) == ("110101001001", "worker")


def test_a_token_is_signed_once_as_long_as_it_is_good() -> None:
    signer = TokenSigner(SECRET, "110101")
    assert signer(ADMIN) is signer(ADMIN)


@pytest.mark.parametrize(
    ("secret", "caller", "words"),
    [
        ("short", ADMIN, "fewer than 32 bytes"),
        (SECRET, Caller("mayor"), "no role 'mayor'"),
        (SECRET, Caller("admin", region="1"), "'1' is no region code"),
    ],
)
def test_a_token_that_no_service_would_accept_is_not_signed(
    secret: str, caller: Caller, words: str
) -> None:
    with pytest.raises(BadTokenClaims, match=words):
        TokenSigner(secret, "110101")(caller)
