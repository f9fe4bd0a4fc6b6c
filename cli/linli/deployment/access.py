"""What processes are let in with, in Compose and in a cluster alike: URLs, and the keys of tokens
and of data.
"""

from __future__ import annotations

from collections.abc import Mapping

from linli.deployment import broker, database, secrets
from linli.deployment.model import District


def files(district: District, kept: Mapping[str, str]) -> dict[str, str]:
    """The contents of the files of secrets, by name.

    Args:
        kept: the secrets of the district.
    """
    found = {"jwt_secret": secrets.signing(district, kept), "keys": kept[secrets.KEYS]}
    for service in district.schemas:
        found[f"{service}_database_url"] = database.url_of(district, service, kept)
        found[f"{service}_amqp_uri"] = broker.uri_of(district, service, kept)
    return found
