"""Network faults: a TCP proxy that delays, swallows and breaks connections, and packet loss."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count

_LOOK_SECONDS = 0.1
_CHUNK_BYTES = 65_536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

Address = tuple[str, int]


class Proxy:
    """Listens on a loopback port of its own and passes on to the first of `targets` that can be
    reached, in turn.

    `latency_seconds` delays every piece in either direction. While `black_hole` is set connections
    are taken and stay open, and nothing comes through: what was sent waits in the system's buffers,
    as with a peer that is frozen. While `swallowing` is set connections are taken too, but what is
    sent on them is gone: they stay open and silent for good, also once new ones work again.
    """

    def __init__(self, *targets: Address) -> None:
        self.targets: Sequence[Address] = targets
        self.latency_seconds = 0.0
        self.port = 0
        self._open = threading.Event()
        self._open.set()
        self._swallowing = False
        self._turn = count()
        self._pairs: list[_Pair] = []
        self._closing = threading.Event()

    @property
    def black_hole(self) -> bool:
        return not self._open.is_set()

    @black_hole.setter
    def black_hole(self, swallow: bool) -> None:
        if swallow:
            self._open.clear()
        else:
            self._open.set()

    @property
    def swallowing(self) -> bool:
        return self._swallowing

    @swallowing.setter
    def swallowing(self, swallow: bool) -> None:
        self._swallowing = swallow
        if swallow:
            for pair in self._pairs:
                pair.silent.set()

    def reset(self) -> int:
        """Break every connection with a RST; how many there were."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            pair.broken.set()
        return sum(pair.alive for pair in pairs)

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        """Serve until leaving; connections break then."""
        with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
            server.settimeout(_LOOK_SECONDS)
            self.port = int(server.getsockname()[1])
            accepting = threading.Thread(target=self._accept, args=(server,), daemon=True)
            accepting.start()
            try:
                yield self
            finally:
                self._closing.set()
                self.reset()
                accepting.join()

    def _accept(self, server: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                client, _ = server.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._open.wait()
        upstream = self._reach()
        if upstream is None:
            _break(client)
            return
        pair = _Pair(self, client, upstream)
        self._pairs.append(pair)
        if self._swallowing:
            pair.silent.set()
        pair.run()

    def _reach(self) -> socket.socket | None:
        first = next(self._turn)
        for offset in range(len(self.targets)):
            with suppress(OSError):
                return socket.create_connection(
                    self.targets[(first + offset) % len(self.targets)], timeout=2
                )
        return None

    def wait_until_open(self) -> None:
        self._open.wait(_LOOK_SECONDS)


class _Pair:
    """The two sockets of one connection that passes through."""

    def __init__(self, proxy: Proxy, client: socket.socket, upstream: socket.socket) -> None:
        self._proxy = proxy
        self._sockets = (client, upstream)
        self.broken = threading.Event()
        self.silent = threading.Event()
        self._done = threading.Event()

    @property
    def alive(self) -> bool:
        return not self._done.is_set()

    def run(self) -> None:
        client, upstream = self._sockets
        for each in self._sockets:
            each.settimeout(_LOOK_SECONDS)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=self._pump, args=(upstream, client), daemon=True)
        back.start()
        self._pump(client, upstream)
        back.join()
        for each in self._sockets:
            if self.broken.is_set():
                _break(each)
            each.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := self._receive(source):
                time.sleep(self._proxy.latency_seconds)
                if not self.silent.is_set():
                    self._send(sink, piece)
        except OSError:
            pass
        client, _ = self._sockets
        if source is client or not self.silent.is_set():
            self._done.set()  # either side ends both, as a broken connection does

    def _receive(self, source: socket.socket) -> bytes:
        while not (self.broken.is_set() or self._done.is_set()):
            if self._proxy.black_hole:
                self._proxy.wait_until_open()
                continue
            try:
                return source.recv(_CHUNK_BYTES)
            except TimeoutError:
                continue
        return b""

    def _send(self, sink: socket.socket, piece: bytes) -> None:
        view = memoryview(piece)
        while view and not self.broken.is_set():
            if self._proxy.black_hole:
                self._proxy.wait_until_open()
                continue
            try:
                view = view[sink.send(view) :]
            except TimeoutError:
                continue


def _break(each: socket.socket) -> None:
    with suppress(OSError):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    each.close()


@contextmanager
def lost_packets(port: int) -> Iterator[bool]:
    """Let the kernel drop all packets of a local port; False where that is refused."""
    rules = [
        ["INPUT", "-i", "lo", "-p", "tcp", side, str(port), "-j", "DROP"]
        for side in ("--dport", "--sport")
    ]
    done = [rule for rule in rules if _iptables("-I", rule)]
    try:
        yield done == rules
    finally:
        for rule in done:
            _iptables("-D", rule)


def _iptables(what: str, rule: Sequence[str]) -> bool:
    if shutil.which("iptables") is None:
        return False
    return subprocess.run(["iptables", what, *rule], capture_output=True).returncode == 0
