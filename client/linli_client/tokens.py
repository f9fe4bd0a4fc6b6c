"""Bearer tokens: whom a call is made as, and signing with the secret of a district (HS256 JWT)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import jwt
from linli_contracts.identity import AUDIENCE, ROLES

from linli_client.errors import BadRegionCode, SecretTooShort, UnknownRole

SHORTEST_SECRET_BYTES = 32
REGION_DIGITS = (6, 9, 12, 14, 15)
"""Of a district, a sub-district, a community, and grids of either length."""

_TOKEN_HOURS = 1.0
_RENEW_AFTER_SECONDS = _TOKEN_HOURS * 3000  # ten minutes before it expires


@dataclass(frozen=True)
class Caller:
    """Whom a call is made as. `region` None is the whole district; providers have a `unit`."""

    role: str
    region: str | None = None
    unit: str | None = None
    account: str = "linli-command"


ADMIN = Caller("admin")
PUBLIC = None
"""Instead of a caller: the call carries no token."""


def sign(
    secret: str,
    *,
    role: str,
    region: str,
    unit: str | None,
    account: str,
    hours: float,
    audience: str = AUDIENCE,
) -> str:
    """A token that is good for `hours`, for one role within a region (code prefix).

    Raises:
        UnknownRole, BadRegionCode, SecretTooShort: no service would accept it.
    """
    if role not in ROLES:
        raise UnknownRole(role=repr(role))
    if not (region.isascii() and region.isdigit() and len(region) in REGION_DIGITS):
        raise BadRegionCode(region=repr(region))
    if len(secret.encode()) < SHORTEST_SECRET_BYTES:
        raise SecretTooShort(count=SHORTEST_SECRET_BYTES)
    now = int(time.time())
    claims = {
        "sub": account,
        "aud": audience,
        "iat": now,
        "exp": now + round(hours * 3600),
        "roles": [role],
        "region": region,
    }
    if unit:
        claims["unit"] = unit
    return jwt.encode(claims, secret, algorithm="HS256")


class TokenSigner:
    """Signs tokens for callers with the secret of a district, and signs anew before they expire."""

    def __init__(self, secret: str, district: str, audience: str = AUDIENCE) -> None:
        self._secret, self._district, self._audience = secret, district, audience
        self._tokens: dict[Caller, tuple[str, float]] = {}

    def __call__(self, caller: Caller) -> str:
        """The token of a caller. Raises `BadTokenClaims`."""
        token, renew_at = self._tokens.get(caller, ("", 0.0))
        if time.time() > renew_at:
            token = sign(
                self._secret,
                role=caller.role,
                region=caller.region or self._district,
                unit=caller.unit,
                account=caller.account,
                hours=_TOKEN_HOURS,
                audience=self._audience,
            )
            self._tokens[caller] = (token, time.time() + _RENEW_AFTER_SECONDS)
        return token
