"""Endpoints: where events are posted to, registered by operators, each with a secret of its own.

Deliveries disable those that are gone or silent; here they are registered, listed, enabled again
and removed.
"""

from linli_webhooks.endpoints.addresses import (
    BadUrl,
    ForbiddenAddress,
    check_url,
    is_public,
    resolve,
)
from linli_webhooks.endpoints.commands import (
    NewEndpoint,
    disable,
    disable_if_silent,
    enable,
    register,
    remove,
)
from linli_webhooks.endpoints.queries import Endpoint, endpoints, patterns_by_endpoint

__all__ = [
    "BadUrl",
    "Endpoint",
    "ForbiddenAddress",
    "NewEndpoint",
    "check_url",
    "disable",
    "disable_if_silent",
    "enable",
    "endpoints",
    "is_public",
    "patterns_by_endpoint",
    "register",
    "remove",
    "resolve",
]
