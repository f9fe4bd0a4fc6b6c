"""Print every request that is registered, as it happens.

    linli subscriber add example-consume --types linli.grid.request_registered.v1
    AMQP_URI=amqp://... LINLI_DISTRICT=110101 python consume.py

The broker keeps what happens while this is not running, for seven days.
"""

import os
import signal

from linli_client.events import Subscriber
from linli_contracts.envelope import Event


def handle(event: Event) -> None:
    """The event is acknowledged when this returns."""
    print(event.time.isoformat(), event.data["category"], event.data["grid_code"], flush=True)


subscriber = Subscriber(os.environ["AMQP_URI"], os.environ["LINLI_DISTRICT"], "example-consume")
signal.signal(signal.SIGTERM, subscriber.stop)
subscriber.subscribe("linli.grid.request_registered.v1", handle)
