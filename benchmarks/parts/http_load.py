"""A load of HTTP requests: `python -m benchmarks.parts.http_load PORT CONNECTIONS < requests`, one
of JSON per line.

The first line is the head of every request. Prints the seconds it took and how often each status
was answered.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from time import perf_counter

_LENGTH = b"content-length:"


async def _client(port: int, messages: Iterator[bytes], statuses: Counter[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for message in messages:
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH))
        await reader.readexactly(int(length[len(_LENGTH) :]))
        statuses[head[9:12].decode()] += 1
    writer.close()
    await writer.wait_closed()


async def _load(port: int, connections: int, messages: list[bytes]) -> tuple[float, Counter[str]]:
    statuses: Counter[str] = Counter()
    left = iter(messages)
    began = perf_counter()
    await asyncio.gather(*(_client(port, left, statuses) for _ in range(connections)))
    return perf_counter() - began, statuses


if __name__ == "__main__":
    common, *bodies = sys.stdin.read().splitlines()
    head = json.loads(common)
    prepared = [
        f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode() for body in bodies
    ]
    seconds, answered = asyncio.run(_load(int(sys.argv[1]), int(sys.argv[2]), prepared))
    print(json.dumps({"seconds": seconds, "statuses": answered}))
