"""Registering endpoints, with a secret made for each; enabling, disabling and removing them."""

from __future__ import annotations

import base64
import secrets
import socket
from dataclasses import dataclass
from uuid import UUID, uuid4

import sqlalchemy as sa
from linli_chassis.storage.crypto import Keyring

from linli_webhooks.endpoints.addresses import BadUrl, ForbiddenAddress, check_url, resolve
from linli_webhooks.errors import EndpointUrlRefused, PrivateAddress, UnknownEndpoint
from linli_webhooks.tables import delivery, endpoint

_SECRET_BYTES = 32  # Standard Webhooks asks for 24 to 64

_DISABLE_IF_SILENT = sa.text("""
    UPDATE endpoint SET disabled_at = now(), disabled_reason = :reason FROM delivery d
    WHERE endpoint.endpoint_id = :endpoint_id AND disabled_at IS NULL
      AND d.endpoint_id = endpoint.endpoint_id AND d.event_id = :event_id
      AND (succeeded_at IS NULL OR succeeded_at < d.created_at)""")


@dataclass(frozen=True, kw_only=True)
class NewEndpoint:
    """An endpoint to register. `types` are event types, or beginnings of types that end in `.*`."""

    url: str
    types: tuple[str, ...]
    allow_http: bool = False
    allow_private: bool = False


@dataclass(frozen=True)
class Registered:
    """A new endpoint, and the secret that verifies its deliveries (of Standard Webhooks)."""

    endpoint_id: UUID
    secret: str


def register(connection: sa.Connection, keyring: Keyring, command: NewEndpoint) -> Registered:
    """Enter an endpoint. A host name that is not known yet is no failure.

    Raises:
        EndpointUrlRefused: the URL is none that an endpoint may have.
    """
    _check(command)
    endpoint_id = uuid4()
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"
    connection.execute(
        sa.insert(endpoint).values(
            endpoint_id=endpoint_id,
            url=command.url,
            types=list(command.types),
            secret=keyring.encrypt(secret, str(endpoint_id)),
            allow_http=command.allow_http,
            allow_private=command.allow_private,
        )
    )
    return Registered(endpoint_id, secret)


def enable(connection: sa.Connection, endpoint_id: UUID) -> None:
    """Let an endpoint have everything that waits or was given up. Raises `UnknownEndpoint`."""
    enabled = sa.update(endpoint).where(endpoint.c.endpoint_id == endpoint_id)
    result = connection.execute(enabled.values(disabled_at=None, disabled_reason=None))
    if not result.rowcount:
        raise UnknownEndpoint(endpoint_id=endpoint_id)
    undelivered = sa.update(delivery).where(
        delivery.c.endpoint_id == endpoint_id, delivery.c.state != "delivered"
    )
    connection.execute(
        undelivered.values(state="pending", attempts=0, next_attempt_at=sa.func.now())
    )


def remove(connection: sa.Connection, endpoint_id: UUID) -> None:
    """Delete an endpoint and its deliveries. Raises `UnknownEndpoint`."""
    deleted = sa.delete(endpoint).where(endpoint.c.endpoint_id == endpoint_id)
    if not connection.execute(deleted).rowcount:
        raise UnknownEndpoint(endpoint_id=endpoint_id)


def disable(connection: sa.Connection, endpoint_id: UUID, reason: str) -> bool:
    """Deliver nothing more to an endpoint; whether that is new."""
    enabled = sa.update(endpoint).where(
        endpoint.c.endpoint_id == endpoint_id, endpoint.c.disabled_at.is_(None)
    )
    values = {"disabled_at": sa.func.now(), "disabled_reason": reason}
    return bool(connection.execute(enabled.values(**values)).rowcount)


def disable_if_silent(
    connection: sa.Connection, endpoint_id: UUID, event_id: UUID, reason: str
) -> bool:
    """Disable an endpoint that took nothing since this delivery was made; whether that is new."""
    values = {"endpoint_id": endpoint_id, "event_id": event_id, "reason": reason}
    return bool(connection.execute(_DISABLE_IF_SILENT, values).rowcount)


def _check(command: NewEndpoint) -> None:
    try:
        parts = check_url(command.url, allow_http=command.allow_http)
        resolve(parts.hostname or "", parts.port or 443, allow_private=command.allow_private)
    except BadUrl as error:
        raise EndpointUrlRefused(reason=str(error)) from None
    except ForbiddenAddress as error:
        raise PrivateAddress(reason=str(error)) from None
    except socket.gaierror:
        return
