"""What the texts of some settings become; each raises `ValidationError` without quoting them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import jwt
from marshmallow import ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from linli_chassis.storage.crypto import Keyring

MIN_SECRET_BYTES = 32


def database_url(text: str) -> str:
    """A PostgreSQL URL for SQLAlchemy."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValidationError("is not a database URL") from None
    if url.drivername not in ("postgresql", "postgresql+psycopg2"):
        raise ValidationError("must begin with postgresql://")
    return text


def jwt_secret(text: str) -> str:
    """A secret long enough for HS256 (RFC 7518, 3.2: at least 256 bits)."""
    if len(text.encode()) < MIN_SECRET_BYTES:
        raise ValidationError(f"must have at least {MIN_SECRET_BYTES} bytes")
    return text


def jwks(text: str) -> jwt.PyJWKSet:
    """A JWKS document of public RSA or EC keys, each with its `kid`."""
    try:
        keys = jwt.PyJWKSet.from_json(text)
    except (jwt.PyJWTError, ValueError, AttributeError, TypeError):
        raise ValidationError("is not a JWKS document with usable keys") from None
    if any(key.key_type not in ("RSA", "EC") or not key.key_id for key in keys.keys):
        raise ValidationError("may hold RSA and EC keys only, each with its kid")
    return keys


def time_zone(name: str) -> ZoneInfo:
    """An IANA time zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; a path that leaves the folder; a folder
        raise ValidationError("is not an IANA time zone such as Asia/Shanghai") from None


def keyring(text: str) -> Keyring:
    """Keys as `id:base64-of-32-bytes,...`."""
    try:
        return Keyring.parse(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None
