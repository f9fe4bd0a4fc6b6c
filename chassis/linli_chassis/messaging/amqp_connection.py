"""Connections to RabbitMQ by pika: their parameters, and what they raise."""

from __future__ import annotations

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

BROKER_ERRORS = (AMQPError, AMQPConnectorException, OSError, ValueError)
"""What pika raises when a broker cannot be reached: a handshake that hangs is no AMQPError, and a
connection that is reset as it opens is a ValueError."""
CONFIRM_SECONDS = 30.0
CONNECT_SECONDS = 10.0


def parameters(amqp_uri: str, heartbeat_seconds: int) -> pika.URLParameters:
    """Connection parameters with a bound for every wait.

    A silent network is noticed after two heartbeats.
    """
    result = pika.URLParameters(amqp_uri)
    result.heartbeat = heartbeat_seconds
    result.blocked_connection_timeout = CONFIRM_SECONDS
    result.socket_timeout = result.stack_timeout = CONNECT_SECONDS
    result.connection_attempts = 1
    return result
