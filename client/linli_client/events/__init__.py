"""Following events over AMQP: live from a queue, or from the stream of the last seven days."""

from linli_client.errors import Refused
from linli_client.events.dispatcher import NotNow
from linli_client.events.persistence import (
    Position,
    PositionFile,
    Quarantined,
    QuarantineFile,
    read_quarantine,
)
from linli_client.events.subscriber import Subscriber

__all__ = [
    "NotNow",
    "Position",
    "PositionFile",
    "QuarantineFile",
    "Quarantined",
    "Refused",
    "Subscriber",
    "read_quarantine",
]
