"""All benchmarks by name, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.consume_inbox import inbox
from benchmarks.end_to_end_hop import hop
from benchmarks.environment import BenchmarkServers
from benchmarks.figures import Figure
from benchmarks.locate_point import locate
from benchmarks.peers import peers
from benchmarks.processes import history, latency, rest
from benchmarks.register_request import http
from benchmarks.relay_outbox import relay
from benchmarks.two_services import nameko

SUITE: dict[str, Callable[[BenchmarkServers], list[Figure]]] = {
    "relay": relay,
    "inbox": inbox,
    "hop": hop,
    "nameko": nameko,
    "http": http,
    "peers": peers,
    "latency": latency,
    "locate": locate,
    "rest": rest,
    "history": history,
}
