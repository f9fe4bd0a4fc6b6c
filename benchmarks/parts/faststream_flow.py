"""The two-service flow on FastStream: `python -m benchmarks.parts.faststream_flow [COUNT]`.

Runs the service that SERVICE names; without one, enqueues COUNT events. Quorum queues, up to 100
handlers at once, a commit for each event, then a publish with a confirm, then the acknowledgement.
"""

import asyncio
import os
import sys
from uuid import UUID

import sqlalchemy as sa
from faststream import AckPolicy, FastStream
from faststream.rabbit import (
    Channel,
    ExchangeType,
    QueueType,
    RabbitBroker,
    RabbitExchange,
    RabbitQueue,
)
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.parts.peer_effects import TAKE_EFFECT, payloads

SERVICE = os.environ.get("SERVICE", "")


class ResourceWithdrawn(BaseModel):
    """What both events carry."""

    id: UUID
    resource_id: UUID
    unit_id: UUID
    reason: str


broker = RabbitBroker(
    os.environ["AMQP_URI"],
    default_channel=Channel(prefetch_count=100, publisher_confirms=True),
    logger=None,
)
exchange = RabbitExchange("events", type=ExchangeType.TOPIC, durable=True)
withdrawn, accepted = (
    RabbitQueue(f"fs.{name}", queue_type=QueueType.QUORUM, durable=True, routing_key=name)
    for name in ("service_desk", "evaluation")
)
engine = create_async_engine(
    sa.make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg"),
    pool_size=20,
    max_overflow=0,
    connect_args={"server_settings": {"search_path": SERVICE}},
)


async def take_effect(event: ResourceWithdrawn) -> None:
    """Write the effect in a transaction of its own."""
    async with engine.begin() as connection:
        await connection.execute(TAKE_EFFECT, {"id": event.id, "subject": str(event.resource_id)})


async def on_resource_withdrawn(event: ResourceWithdrawn) -> ResourceWithdrawn:
    """Take effect, and tell the second service."""
    await take_effect(event)
    return event


async def on_case_accepted(event: ResourceWithdrawn) -> None:
    """Take effect."""
    await take_effect(event)


def subscribe() -> None:
    """Let this process be the service that SERVICE names."""
    if SERVICE == "service_desk":
        publishing = broker.publisher(
            exchange=exchange, routing_key="evaluation", persist=True, mandatory=True
        )
        queue, handler = withdrawn, publishing(on_resource_withdrawn)
    else:
        queue, handler = accepted, on_case_accepted
    broker.subscriber(queue, exchange, ack_policy=AckPolicy.NACK_ON_ERROR)(handler)


async def enqueue(count: int) -> None:
    """Declare both queues, and put events into the first."""
    async with broker:
        topic = await broker.declare_exchange(exchange)
        for queue in (withdrawn, accepted):
            await (await broker.declare_queue(queue)).bind(topic, queue.routing_key)
        for payload in payloads(count):
            await broker.publish(payload, exchange=exchange, routing_key="service_desk")


if __name__ == "__main__":
    if SERVICE:
        subscribe()
        asyncio.run(FastStream(broker).run())
    else:
        asyncio.run(enqueue(int(sys.argv[1])))
