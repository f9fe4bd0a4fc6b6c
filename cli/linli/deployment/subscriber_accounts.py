"""Making, listing and removing the accounts of subscribers on a broker."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from linli_client.events.names import EXCHANGE, log_of, queue_of

from linli.base.errors import Failure
from linli.base.i18n import t
from linli.deployment.management_api import Management
from linli.deployment.subscriber_rights import LIMITS, TAG, Account, types_of, user_of


@dataclass(frozen=True)
class Listed:
    """A subscriber on the broker. `waiting` and `consumers` are None without a queue."""

    name: str
    user: str
    types: list[str]
    waiting: int | None
    consumers: int | None


def add(management: Management, account: Account, *, replace: bool = False) -> str:
    """Make the account with its queues; its new password, which is kept nowhere.

    Args:
        replace: give an account that is there these types and a new password; what it bound beyond
            them is unbound.
    Raises:
        Failure: there is such an account, or nothing of the platform on this virtual host.
    """
    vhost = management.vhost
    if management.get("exchanges", vhost, EXCHANGE) is None:
        hint = t("Start the platform once on this virtual host, or name the right one in AMQP_URI.")
        raise Failure(
            t("There is no exchange {name} on {vhost}.", name=EXCHANGE, vhost=vhost), hint
        )
    if not replace and management.get("users", account.user) is not None:
        hint = t("Give it other types and a new password with --replace.")
        raise Failure(t("There is a subscriber {name} already.", name=account.name), hint)
    for queue, arguments in account.queues.items():
        management.put("queues", vhost, queue, body={"durable": True, "arguments": dict(arguments)})
    password = secrets.token_urlsafe(24)
    management.put("users", account.user, body={"password": password, "tags": TAG})
    # First what narrows, then what lets in: without a topic permission an account may bind any key.
    management.put("topic-permissions", vhost, account.user, body=account.topic_permissions)
    management.put("permissions", vhost, account.user, body=account.permissions)
    for limit, value in LIMITS.items():
        management.put("user-limits", account.user, limit, body={"value": value})
    _settle_bindings(management, account)
    return password


def remove(management: Management, district: str, name: str) -> None:
    """Delete the account, which ends its connections, and its queues with what waits in them.

    Raises:
        Failure: there is no such account.
    """
    if not management.delete("users", user_of(district, name)):
        raise Failure(
            t("There is no subscriber {name}.", name=repr(name)),
            t("`linli subscriber list` shows those there are."),
        )
    for queue in (queue_of(name), log_of(name)):
        management.delete("queues", management.vhost, queue)


def listing(management: Management, district: str) -> list[Listed]:
    """The subscribers of a district, by name."""
    return sorted(_listing(management, district), key=lambda one: one.name)


def uri_of(amqp_uri: str, user: str, password: str, address: str | None) -> str:
    """The URI to hand over.

    Args:
        amqp_uri: of the broker, as the platform reaches it.
        address: `amqps://host:port`, where it is reached from outside under another one.
    """
    parts, outside = urlsplit(amqp_uri), urlsplit(address or amqp_uri)
    host = outside.netloc.rpartition("@")[2]
    account = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return f"{outside.scheme}://{account}@{host}{parts.path or '/'}"


def _listing(management: Management, district: str) -> Iterator[Listed]:
    prefix = user_of(district, "")
    for one in management.get("users") or []:
        user = one["name"]
        if user.startswith(prefix) and TAG in one["tags"]:
            name = user.removeprefix(prefix)
            topics = management.get("topic-permissions", management.vhost, user) or []
            queue = management.get("queues", management.vhost, queue_of(name)) or {}
            types = [kind for topic in topics for kind in types_of(topic["read"])]
            yield Listed(name, user, types, queue.get("messages"), queue.get("consumers"))


def _settle_bindings(management: Management, account: Account) -> None:
    """Bind its queues to its types, and take away from them what it may no longer have.

    Events wait in its queue from now on, not from its first connection.
    """
    vhost = management.vhost
    if account.log not in account.queues:
        management.delete("queues", vhost, log_of(account.name))
    for queue in account.queues:
        for binding in management.get("queues", vhost, queue, "bindings") or []:
            if binding["source"] == EXCHANGE and not account.may_bind(binding["routing_key"]):
                management.delete(
                    "bindings", vhost, "e", EXCHANGE, "q", queue, binding["properties_key"]
                )
        for key in account.wanted.keys:
            management.post("bindings", vhost, "e", EXCHANGE, "q", queue, body={"routing_key": key})
