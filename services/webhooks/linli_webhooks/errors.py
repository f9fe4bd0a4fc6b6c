"""What webhooks refuse.

WebhookError
├── EndpointUrlRefused  the URL is none that an endpoint may have
│   └── PrivateAddress  it leads into a private network
├── UnknownEndpoint     there is no endpoint of this id
└── BrokerRequired      the process has no broker to subscribe to
"""

from __future__ import annotations

from linli_kernel.errors import Conflict, DomainError, Invalid, NotFound


class WebhookError(DomainError):
    """The root of this service's errors."""


class EndpointUrlRefused(WebhookError, Invalid):
    """A URL that no endpoint may have."""

    message = "The endpoint's URL {reason}."


class PrivateAddress(EndpointUrlRefused):
    """A URL that leads to an address which is not public."""

    message = "Not allowed: {reason}"


class UnknownEndpoint(WebhookError, NotFound):
    """No endpoint has this id."""

    message = "There is no endpoint {endpoint_id}."


class BrokerRequired(WebhookError, Conflict):
    """The embedded platform has no broker."""

    message = "Webhooks need a broker."
