"""All benchmarks by name, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.figures import Figure
from benchmarks.flowing import nameko
from benchmarks.hopping import hop
from benchmarks.locating import locate
from benchmarks.registering import http
from benchmarks.relaying import relay
from benchmarks.running import history, latency, rest
from benchmarks.stand import Stand
from benchmarks.taking import inbox

SUITE: dict[str, Callable[[Stand], list[Figure]]] = {
    "relay": relay,
    "inbox": inbox,
    "hop": hop,
    "nameko": nameko,
    "http": http,
    "latency": latency,
    "locate": locate,
    "rest": rest,
    "history": history,
}
