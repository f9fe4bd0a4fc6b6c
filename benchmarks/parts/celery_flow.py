"""The two-service flow as Celery tasks: `python -m benchmarks.parts.celery_flow COUNT` enqueues.

SERVICE names the schema of the effects. Quorum queues, persistent messages with confirms, late
acknowledgements, no results: the settings that lose nothing.
"""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from kombu import Queue

from benchmarks.parts.peer_effects import Effects, payloads

QUEUES = ("service_desk", "evaluation")

app = Celery("flow", broker=os.environ["AMQP_URI"])
app.conf.update(
    task_queues=[Queue(name, queue_arguments={"x-queue-type": "quorum"}) for name in QUEUES],
    task_routes={"withdrawn": {"queue": QUEUES[0]}, "accepted": {"queue": QUEUES[1]}},
    task_acks_late=True,
    task_ignore_result=True,
    broker_transport_options={"confirm_publish": True},
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=50,
    worker_enable_remote_control=False,
)
effects = Effects()


@worker_process_init.connect
def forget_connections(**_: Any) -> None:
    """Connections may not be shared with the process that this was forked from."""
    effects.engine.dispose(close=False)


@app.task(name="withdrawn")
def on_resource_withdrawn(payload: dict[str, str]) -> None:
    """Take effect, and tell the second service."""
    effects.take(payload)
    on_case_accepted.delay(payload)


@app.task(name="accepted")
def on_case_accepted(payload: dict[str, str]) -> None:
    """Take effect."""
    effects.take(payload)


if __name__ == "__main__":
    with app.producer_pool.acquire(block=True) as producer:
        for payload in payloads(int(sys.argv[1])):
            on_resource_withdrawn.apply_async((payload,), producer=producer)
