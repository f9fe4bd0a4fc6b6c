"""Cutting a stream of rows into batches that a service accepts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from linli.base.i18n import t
from linli.imports.rows import Refusal, Row, Stream

MAX_ITEMS = 500
MAX_BYTES = 480 * 1024
LARGEST_ITEM_BYTES = 1000 * 1024


def batches(
    stream: Stream,
    refuse: Callable[[Refusal], None],
    max_items: int = MAX_ITEMS,
    max_bytes: int = MAX_BYTES,
) -> Iterator[list[Row]]:
    """Batches of at most `max_items` rows and `max_bytes` of JSON; refusals met on the way go to
    `refuse`.

    A single row over `max_bytes` goes alone; one too large for any body is refused.
    """
    batch: list[Row] = []
    size = 0
    for entry in stream:
        if isinstance(entry, Refusal):
            refuse(entry)
            continue
        bytes_of = item_bytes(entry)
        if bytes_of > LARGEST_ITEM_BYTES:
            refuse(
                Refusal(
                    entry.line,
                    "",
                    t("{size} KiB, too large to send in one piece.", size=bytes_of // 1024),
                )
            )
            continue
        if batch and (len(batch) >= max_items or size + bytes_of > max_bytes):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += bytes_of
    if batch:
        yield batch


def item_bytes(row: Row) -> int:
    """Bytes of a row in the JSON that `requests` will send, which escapes non-ASCII."""
    return len(json.dumps(row.item)) + 2
