"""What processes are let in with, in Compose and in a cluster alike: URLs and keys."""

from __future__ import annotations

from collections.abc import Mapping

from linli_contracts.manifest import Manifest

from linli.deployment import broker, database, secrets
from linli.deployment.model import District


def names(manifest: Manifest) -> list[str]:
    """The files that let one service into its schema and the broker."""
    return [f"{manifest.name}_database_url", f"{manifest.name}_amqp_uri"]


OWNER_DATABASE_URL, OPERATOR_AMQP_URI = "owner_database_url", "operator_amqp_uri"
"""The files that let the command in."""


def files(district: District, secret_values: Mapping[str, str]) -> dict[str, str]:
    """The contents of the files of secrets, by name.

    Args:
        secret_values: the secrets of the district.
    """
    operator = broker.account(district, broker.OPERATOR)
    contents = {
        OWNER_DATABASE_URL: database.url(
            district, database.OWNER, secret_values[secrets.DATABASE_OWNER]
        ),
        OPERATOR_AMQP_URI: broker.uri(district, operator, secret_values[secrets.BROKER_OPERATOR]),
        "jwt_secret": secrets.signing(district, secret_values),
        "keys": secret_values[secrets.KEYS],
    }
    for manifest in district.services:
        database_url, amqp_uri = names(manifest)
        contents[database_url] = database.url_of(district, manifest.name, secret_values)
        contents[amqp_uri] = broker.uri_of(district, manifest, secret_values)
    return contents
