"""Bearer tokens for people and systems that work with the platform: HS256 JWT, signed with the
district's secret.
"""

from __future__ import annotations

import time

import jwt

from linli.base.errors import UsageFailure
from linli.base.i18n import t

ROLES = (
    "resident",
    "grid_worker",
    "dispatcher",
    "provider",
    "reviewer",
    "evaluator",
    "operator",
    "admin",
)
AUDIENCE = "linli"
SHORTEST_SECRET_BYTES = 32


def sign(
    secret: str, *, role: str, region: str, unit: str | None, account: str, hours: float
) -> str:
    """A token that is good for `hours`, for one role within a region (code prefix) and, for
    providers, a unit.

    Raises:
        UsageFailure: no such role, a region that is no code, or a secret too short for HS256.
    """
    if role not in ROLES:
        raise UsageFailure(
            t("There is no role {role}.", role=repr(role)),
            t("Roles: {roles}", roles=", ".join(ROLES)),
        )
    if not (region.isascii() and region.isdigit() and len(region) in (6, 9, 12, 14, 15)):
        hint = t(
            "A division code has 6 (district), 9 (sub-district), 12 (community) or 14-15 (grid) digits."
        )
        raise UsageFailure(t("{region} is no region code.", region=repr(region)), hint)
    if len(secret.encode()) < SHORTEST_SECRET_BYTES:
        hint = t("Set LINLI_JWT_SECRET to the one the services use.")
        raise UsageFailure(
            t("The secret has fewer than {count} bytes.", count=SHORTEST_SECRET_BYTES), hint
        )
    now = int(time.time())
    claims = {
        "sub": account,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + round(hours * 3600),
        "roles": [role],
        "region": region,
    }
    if unit:
        claims["unit"] = unit
    return jwt.encode(claims, secret, algorithm="HS256")
