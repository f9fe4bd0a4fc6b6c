"""Who calls: bearer tokens. Roles and scopes are those of `linli_contracts.identity`."""

from __future__ import annotations

import re
from functools import lru_cache
from time import time
from typing import Any
from uuid import UUID

import jwt
from linli_contracts.identity import PUBLIC_ACCOUNT, ROLES, Principal

from linli_chassis.http.body import is_storable
from linli_chassis.http.problems import Problem
from linli_chassis.http.signing_keys import SigningKeys
from linli_chassis.i18n import Text
from linli_chassis.settings import Settings

LEEWAY_SECONDS = 30  # clocks of two machines may differ by this
REMEMBERED_TOKENS = 1024
MAX_ACCOUNT = 255
_REGION = re.compile(r"[0-9]{2,15}")
_ASYMMETRIC = ("RS256", "ES256")


class Authenticator:
    """Checks bearer tokens: JWTs signed by our secret (HS256) or a JWKS key (RS256, ES256).

    One serves all routes of a service, so that the signature of a token is checked once.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys = SigningKeys(settings.jwks, settings.jwks_file)
        # Checking a signature costs more than all else of a request, and a token comes with many
        # requests. It stays valid until it expires; refusals are not remembered.
        self._checked = lru_cache(maxsize=REMEMBERED_TOKENS)(self._check)

    def principal(self, authorization: str | None) -> Principal:
        """Who an `Authorization` header speaks for.

        Raises:
            Problem: 401, there is no token, or not one of ours.
            ForeignRegion: the token is for another district.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _unauthorized(
                "missing-token", Text("This needs a bearer token."), 'Bearer realm="linli"'
            )
        if self._keys.refresh():
            self._checked.cache_clear()
        try:
            principal, expires = self._checked(token.strip())
            if expires + LEEWAY_SECONDS < time():
                raise jwt.ExpiredSignatureError
        except jwt.ExpiredSignatureError:
            raise _invalid(Text("The token has expired.")) from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            # Claims of other types than ours, too. Not which check failed: that helps forgers only.
            raise _invalid(Text("The token is not valid.")) from None
        principal.must_belong_to(self._settings.district)
        return principal

    def _check(self, token: str) -> tuple[Principal, int]:
        claims = self._claims(token)
        return self._principal(claims), int(claims["exp"])

    def _claims(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        key, algorithm = self._key(header)
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=self._settings.jwt_audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "aud", "sub"]},
        )

    def _key(self, header: dict[str, Any]) -> tuple[Any, str]:
        # The algorithm is that of our key, never the one the token asks for.
        if header.get("alg") == "HS256" and self._settings.jwt_secret:
            return self._settings.jwt_secret, "HS256"
        key = self._keys.find(header.get("kid"))
        if key is None or key.algorithm_name not in _ASYMMETRIC:
            raise jwt.InvalidKeyError("no key of ours")
        return key, key.algorithm_name

    def _principal(self, claims: dict[str, Any]) -> Principal:
        roles, region, unit = claims.get("roles", []), claims.get("region", ""), claims.get("unit")
        if (
            not isinstance(roles, list)
            or not isinstance(region, str)
            or not _REGION.fullmatch(region)
        ):
            raise ValueError("claims of another kind")
        account = claims["sub"]
        if account == PUBLIC_ACCOUNT or not 1 <= len(account) <= MAX_ACCOUNT:
            raise ValueError("a reserved account, or no name of one")
        if not is_storable(account):
            raise ValueError("an account that cannot be stored")
        known = frozenset(role for role in roles if role in ROLES)
        return Principal(account, known, region, UUID(unit) if isinstance(unit, str) else None)


def _invalid(detail: Text) -> Problem:
    return _unauthorized("invalid-token", detail, 'Bearer realm="linli", error="invalid_token"')


def _unauthorized(slug: str, detail: Text, challenge: str) -> Problem:
    problem = Problem(401, slug, detail)
    problem.headers["WWW-Authenticate"] = challenge
    return problem
