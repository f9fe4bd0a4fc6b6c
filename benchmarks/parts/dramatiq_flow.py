"""The flow as Dramatiq actors; `python -m benchmarks.parts.dramatiq_flow COUNT` enqueues.

SERVICE names the schema of the effects. Dramatiq declares classic durable queues and no others.
"""

import os
import sys

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from benchmarks.parts.peer_effects import Effects, payloads

dramatiq.set_broker(RabbitmqBroker(url=os.environ["AMQP_URI"], confirm_delivery=True))
effects = Effects()


@dramatiq.actor(queue_name="service_desk")
def on_resource_withdrawn(payload: dict[str, str]) -> None:
    """Take effect, and tell the second service."""
    effects.take(payload)
    on_case_accepted.send(payload)


@dramatiq.actor(queue_name="evaluation")
def on_case_accepted(payload: dict[str, str]) -> None:
    """Take effect."""
    effects.take(payload)


if __name__ == "__main__":
    for payload in payloads(int(sys.argv[1])):
        on_resource_withdrawn.send(payload)
