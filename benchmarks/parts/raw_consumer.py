"""The raw inbox loop as a process: `python -m benchmarks.parts.raw_consumer QUEUE BATCH`."""

import os
import sys

import psycopg2
from uuid_utils import uuid7

from benchmarks import raw_amqp as raw


def main(queue: str, size: int) -> None:
    """Consume, write and acknowledge until ended."""
    connection = psycopg2.connect(
        os.environ["DATABASE_URL"], options="-csearch_path=service_desk -ctimezone=UTC"
    )
    feed = raw.RawFeed(os.environ["AMQP_URI"], queue, size * 2)
    while True:
        batch = feed.collect(size)
        raw.take(
            connection, batch, [str(uuid7()) for _ in batch], "110101.service_desk.case_accepted.v1"
        )
        feed.acknowledge(batch[-1])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
