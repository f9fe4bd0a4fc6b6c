"""Registering endpoints: what is checked, and the secret that is made for each."""

from __future__ import annotations

import base64
import secrets
import socket
from dataclasses import dataclass
from uuid import UUID, uuid4

import sqlalchemy as sa
from linli.base.errors import UsageFailure
from linli.base.i18n import t
from linli_chassis.storage.crypto import Keyring
from linli_client.events.names import Wanted

from linli_webhooks import store
from linli_webhooks.addresses import BadUrl, ForbiddenAddress, check_url, resolve

_SECRET_BYTES = 32  # Standard Webhooks asks for 24 to 64


@dataclass(frozen=True)
class Registered:
    """A new endpoint, with the secret that verifies its deliveries, in the form of Standard
    Webhooks.
    """

    endpoint_id: UUID
    secret: str


def register(
    connection: sa.Connection,
    keyring: Keyring,
    url: str,
    wanted: Wanted,
    *,
    allow_http: bool,
    allow_private: bool,
) -> Registered:
    """Enter an endpoint.

    Raises:
        UsageFailure: its URL is none that it may have. A name that is not known yet is no failure.
    """
    _check(url, allow_http=allow_http, allow_private=allow_private)
    endpoint_id = uuid4()
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"
    store.add_endpoint(
        connection,
        {
            "endpoint_id": endpoint_id,
            "url": url,
            "types": list(wanted.patterns),
            "secret": keyring.encrypt(secret, str(endpoint_id)),
            "allow_http": allow_http,
            "allow_private": allow_private,
        },
    )
    return Registered(endpoint_id, secret)


def _check(url: str, *, allow_http: bool, allow_private: bool) -> None:
    try:
        parts = check_url(url, allow_http=allow_http)
        resolve(parts.hostname or "", parts.port or 443, allow_private=allow_private)
    except BadUrl as error:
        hint = t("https://..., or http:// with --allow-http.")
        raise UsageFailure(t("The endpoint's URL {reason}.", reason=str(error)), hint) from None
    except ForbiddenAddress as error:
        hint = t("Allow addresses within your network with --allow-private.")
        raise UsageFailure(t("Not allowed: {reason}", reason=str(error)), hint) from None
    except socket.gaierror:
        return
