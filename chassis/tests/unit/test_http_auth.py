"""Tokens: only ours, for us, in time; and what a region covers."""

from __future__ import annotations

import itertools
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from linli_chassis.http import signing_keys
from linli_chassis.http.auth import Authenticator
from linli_chassis.http.problems import Problem, domain_problem
from linli_chassis.settings import Settings
from linli_contracts.identity import Actor, ForeignRegion, MissingRole, Principal
from structlog.testing import capture_logs

SECRET = "s" * 40
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
JWKS = {
    "keys": [
        {**json.loads(RSAAlgorithm.to_jwk(RSA_KEY.public_key())), "kid": "rsa"},
        {**json.loads(ECAlgorithm.to_jwk(EC_KEY.public_key())), "kid": "ec"},
    ]
}
ENVIRON = {
    "LINLI_DISTRICT": "110101",
    "DATABASE_URL": "postgresql:///x",
    "LINLI_KEYS": "k:" + "QUFB" * 10 + "QUE=",
    "LINLI_JWT_SECRET": SECRET,
    "LINLI_JWKS": json.dumps(JWKS),
}
AUTHENTICATOR = Authenticator(Settings.load(ENVIRON))


def claims(**changes: Any) -> dict[str, Any]:
    good = {
        "sub": "u1",
        "aud": "linli",
        "exp": datetime.now(UTC) + timedelta(hours=1),
        "roles": ["resident"],
        "region": "110101001",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def bearer(
    key: Any = SECRET, algorithm: str = "HS256", kid: str | None = None, **changes: Any
) -> str:
    return "Bearer " + jwt.encode(
        claims(**changes), key, algorithm, headers={"kid": kid} if kid else None
    )


def refused(authorization: str | None) -> Problem:
    with pytest.raises(Problem) as caught:
        AUTHENTICATOR.principal(authorization)
    assert caught.value.status == 401
    assert caught.value.headers["WWW-Authenticate"].startswith("Bearer")
    return caught.value


def test_a_token_carries_account_roles_region_and_unit() -> None:
    unit = "0193a0d4-0000-7000-8000-000000000001"
    principal = AUTHENTICATOR.principal(bearer(unit=unit, roles=["provider", "not a role"]))
    assert principal == Principal("u1", frozenset({"provider"}), "110101001", UUID(unit))


def test_tokens_of_the_jwks_are_taken() -> None:
    assert AUTHENTICATOR.principal(bearer(RSA_KEY, "RS256", "rsa")).account == "u1"
    assert AUTHENTICATOR.principal(bearer(EC_KEY, "ES256", "ec")).account == "u1"


def test_keys_are_rotated_and_revoked_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_keys, "LOOK_SECONDS", 0)
    path = tmp_path / "jwks.json"

    def write(*keys: dict[str, Any]) -> None:
        path.write_text(json.dumps({"keys": keys}))
        os.utime(path, ns=(0, next(times)))

    times = itertools.count()
    rsa_key, ec_key = JWKS["keys"]
    write(rsa_key)
    environ = {**ENVIRON, "LINLI_JWKS": "", "LINLI_JWKS_FILE": str(path)}
    authenticator = Authenticator(Settings.load(environ))
    old, new = bearer(RSA_KEY, "RS256", "rsa"), bearer(EC_KEY, "ES256", "ec")
    assert authenticator.principal(old).account == "u1"
    write(rsa_key, ec_key)
    assert {authenticator.principal(token).account for token in (old, new)} == {"u1"}
    write(ec_key)
    assert authenticator.principal(new).account == "u1"
    with pytest.raises(Problem):
        authenticator.principal(old)
    path.write_text("half a docum")  # as while it is being written
    with capture_logs() as logged:
        assert authenticator.principal(new).account == "u1"
    assert [line["log_level"] for line in logged] == ["warning"]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dTpw", "Token x"])
def test_without_a_bearer_token_one_is_asked_for(header: str | None) -> None:
    assert refused(header).slug == "missing-token"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "others"},
        {"aud": None},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "public"},
        {"sub": "a\0b"},
        {"sub": "half a pair \ud83d"},
        {"sub": "x" * 256},
        {"exp": float("inf")},
        {"exp": datetime(2020, 1, 1, tzinfo=UTC)},
        {"nbf": datetime.now(UTC) + timedelta(hours=1)},
        {"roles": "admin"},
        {"region": None},
        {"region": ""},
        {"region": 110101},
        {"region": "11010100100000000"},
        {"region": "北京"},
        {"unit": "not a uuid"},
    ],
)
def test_a_token_that_is_not_for_us_or_not_whole_is_refused(changes: dict[str, Any]) -> None:
    assert refused(bearer(**changes)).slug == "invalid-token"


def test_a_token_that_was_good_is_refused_once_it_has_expired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authorization = bearer()
    assert AUTHENTICATOR.principal(authorization).account == "u1"
    later = datetime.now(UTC) + timedelta(hours=1, minutes=1)
    monkeypatch.setattr("linli_chassis.http.auth.time", later.timestamp)
    assert str(refused(authorization).detail) == "The token has expired."


def test_a_token_without_a_signature_is_refused() -> None:
    refused("Bearer " + jwt.encode(claims(), None, "none"))  # type: ignore[arg-type]


def test_a_token_of_another_secret_is_refused() -> None:
    refused(bearer("t" * 40))


def test_a_public_key_is_no_secret_to_sign_with() -> None:
    pem = RSA_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header, payload = (
        jwt.utils.base64url_encode(json.dumps(part, default=str).encode())
        for part in (
            {"alg": "HS256", "kid": "rsa", "typ": "JWT"},
            {**claims(), "exp": 4_000_000_000},
        )
    )
    import hashlib
    import hmac

    signature = jwt.utils.base64url_encode(
        hmac.new(pem, header + b"." + payload, hashlib.sha256).digest()
    )
    refused("Bearer " + b".".join((header, payload, signature)).decode())


def test_the_algorithm_is_that_of_the_key_not_of_the_token() -> None:
    refused(bearer(RSA_KEY, "RS512", "rsa"))
    refused(bearer(RSA_KEY, "RS256", "ec"))
    refused(bearer(RSA_KEY, "RS256", "unknown"))


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    refused(f"Bearer x{text}")


@pytest.mark.parametrize(
    ("region", "code", "covered"),
    [
        ("110101", "110101001001", True),
        ("110101001", "110101001", True),
        ("110101001", "110101002001", False),
        ("110101001001", "110101001", False),
        ("110101", None, True),
        ("110101001", None, False),
        ("", "110101", False),
        ("", None, False),
    ],
)
def test_a_region_covers_what_its_code_leads(region: str, code: str | None, covered: bool) -> None:
    actor = Actor(Principal("u", frozenset(), region))
    assert actor.covers(code) is covered
    if not covered:
        with pytest.raises(ForeignRegion) as caught:
            actor.must_cover(code)
        problem = domain_problem(caught.value)
        assert (problem.status, problem.slug) == (403, "foreign-region")


@pytest.mark.parametrize("region", ["310115", "31", "110102001"])
def test_a_token_of_another_district_is_refused(region: str) -> None:
    with pytest.raises(ForeignRegion):
        AUTHENTICATOR.principal(bearer(region=region, roles=["admin"]))


def test_an_admin_may_do_what_any_role_may() -> None:
    Principal("u", frozenset({"admin"}), "110101").must_have(("provider",))
    with pytest.raises(MissingRole) as caught:
        Principal("u", frozenset({"resident"}), "110101").must_have(("provider", "reviewer"))
    problem = domain_problem(caught.value)
    assert (problem.status, problem.slug) == (403, "missing-role")
    assert str(problem.detail) == "This needs one of the roles: provider, reviewer."
