"""The broker of a district: who may do what in its virtual host, and what is declared there."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from linli_chassis.messaging.topology import (
    EXCHANGE,
    EXCHANGES,
    NOTHING,
    UNROUTED,
    Rights,
    queues,
    rights_of,
)
from linli_client.events.names import Wanted
from linli_contracts.manifest import Manifest

from linli.deployment import secrets
from linli.deployment.model import District
from linli.deployment.subscriber_rights import LIMITS, TAG, Account, user_of

ADMIN, OPERATOR = "admin", "operator"
PORT, TLS_PORT = 5672, 5671
HASHING = "rabbit_password_hashing_sha256"
TLS_FOLDER = "/etc/rabbitmq/tls"
DEFINITIONS = "/run/secrets/definitions.json"


def account(district: District, name: str) -> str:
    """What an account is called on the broker, which may serve several districts."""
    return f"{district.code}-{name}"


def port_of(district: District) -> int:
    """Where the broker is reached."""
    return district.broker.port or (TLS_PORT if district.broker.ca_file else PORT)


def uri(district: District, user: str, password: str) -> str:
    """The AMQP URI of an account."""
    tls, port = bool(district.broker.ca_file), port_of(district)
    secret, vhost = quote(password, safe=""), quote(district.broker.vhost, safe="")
    return f"amqp{'s' if tls else ''}://{user}:{secret}@{district.broker.host}:{port}/{vhost}"


def uri_of(district: District, manifest: Manifest, secret_values: Mapping[str, str]) -> str:
    """The AMQP URI of a service; one without outbox and inbox has a subscriber's account."""
    name = manifest.name
    if manifest.service is None:
        return uri(
            district, user_of(district.code, name), secret_values[secrets.of_subscriber(name)]
        )
    return uri(district, account(district, name), secret_values[secrets.of_broker(name)])


def definitions(district: District, secret_values: Mapping[str, str]) -> dict[str, Any]:
    """RabbitMQ's definitions. With them there is no account `guest`, and nobody else needs to
    declare anything.

    Args:
        secret_values: the secrets of the district.
    """
    vhost = district.broker.vhost
    users = [
        _user(account(district, name), password, tags)
        for name, password, tags in _accounts(district, secret_values)
    ]
    permissions = [
        {"user": account(district, name), **asdict(rights)} for name, rights in _rights(district)
    ]
    standing = list(queues(district.code))
    defined: dict[str, list[dict[str, Any]]] = {
        "permissions": permissions,
        "topic_permissions": [],
        "exchanges": [_exchange(one.name, one.type, one.arguments) for one in EXCHANGES],
        "queues": [_queue(one.name, one.arguments) for one in standing],
        "bindings": [
            _binding(exchange, one.name, key) for one in standing for exchange, key in one.bindings
        ],
    }
    for subscriber in subscribers(district):
        users.append(
            _subscribing(subscriber, secret_values[secrets.of_subscriber(subscriber.name)])
        )
        defined["permissions"].append({"user": subscriber.user, **subscriber.permissions})
        defined["topic_permissions"].append(
            {"user": subscriber.user, **subscriber.topic_permissions}
        )
        defined["queues"] += [
            _queue(name, arguments) for name, arguments in subscriber.queues.items()
        ]
        # The queue of live events is bound, too: events wait from now on, not from its first
        # connection.
        defined["bindings"] += [
            _binding(EXCHANGE, queue, key)
            for queue in subscriber.queues
            for key in subscriber.wanted.keys
        ]
    return {
        "vhosts": [
            {"name": vhost, "metadata": {"description": f"Linli {district.code}", "tags": []}}
        ],
        "users": users,
        **{kind: [{"vhost": vhost, **one} for one in entries] for kind, entries in defined.items()},
    }


def subscribers(district: District) -> Iterator[Account]:
    """The accounts of the systems that follow events, as `linli subscriber add` would make them."""
    for subscriber in district.subscribers:
        yield Account(subscriber.name, Wanted.of(subscriber.types, district.code))


def configuration(district: District) -> str:
    """rabbitmq.conf of the broker that comes along."""
    lines = [
        f"load_definitions = {DEFINITIONS}",
        "disk_free_limit.absolute = 500MB",
        "log.console = true",
    ]
    if district.broker.ca_file:
        lines += [
            # Only this container's own health check may speak without TLS.
            f"listeners.tcp.local = 127.0.0.1:{PORT}",
            f"listeners.ssl.default = {TLS_PORT}",
            f"ssl_options.cacertfile = {TLS_FOLDER}/ca.pem",
            f"ssl_options.certfile = {TLS_FOLDER}/broker.pem",
            f"ssl_options.keyfile = {TLS_FOLDER}/broker.key",
            "ssl_options.verify = verify_none",  # clients show who they are by password
            "ssl_options.versions.1 = tlsv1.3",
            "ssl_options.versions.2 = tlsv1.2",
        ]
    return "\n".join(lines) + "\n"


def hashed(password: str, user: str) -> str:
    """A password as RabbitMQ keeps it: base64 of a salt of four bytes and SHA-256 of salt and
    password.

    The salt is made from both, so that rendering twice writes the same; our passwords are random,
    and differ.
    """
    salt = hashlib.sha256(f"{user}\0{password}".encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _accounts(
    district: District, secret_values: Mapping[str, str]
) -> Iterator[tuple[str, str, list[str]]]:
    """Name, password and tags of each account."""
    yield ADMIN, secret_values[secrets.BROKER_ADMIN], ["administrator"]
    yield OPERATOR, secret_values[secrets.BROKER_OPERATOR], []
    for service in district.api_services:
        yield service, secret_values[secrets.of_broker(service)], []


def _rights(district: District) -> Iterator[tuple[str, Rights]]:
    everything = r"^linli\..*"
    yield ADMIN, Rights(everything, everything, everything)
    # Sees how long queues are, which needs no right, and what none of them took.
    yield OPERATOR, Rights(NOTHING, NOTHING, f"^{re.escape(UNROUTED)}$")
    for service in district.api_services:
        yield service, rights_of(service)


def _user(name: str, password: str, tags: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "password_hash": hashed(password, name),
        "hashing_algorithm": HASHING,
        "tags": tags,
    }


def _subscribing(subscriber: Account, password: str) -> dict[str, Any]:
    return {**_user(subscriber.user, password, [TAG]), "limits": dict(LIMITS)}


def _exchange(name: str, kind: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    fixed = {"durable": True, "auto_delete": False, "internal": False}
    return {"name": name, "type": kind, **fixed, "arguments": dict(arguments)}


def _queue(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "durable": True, "auto_delete": False, "arguments": dict(arguments)}


def _binding(exchange: str, queue: str, key: str) -> dict[str, Any]:
    ends = {"source": exchange, "destination": queue, "destination_type": "queue"}
    return {**ends, "routing_key": key, "arguments": {}}
