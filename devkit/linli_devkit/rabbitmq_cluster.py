"""Three RabbitMQ nodes that are one broker, on one machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from linli_devkit.rabbitmq import HOW_TO_GET_IT, SERVER, RabbitServer

_NET_TICK_SECONDS = (
    5  # Erlang's own default is a minute, which is how long a frozen node would pass for alive
)


class Node(RabbitServer):
    """A broker that shares the port mapper and the cookie of another one, to join it."""

    def __init__(self, folder: Path, first: RabbitServer) -> None:
        super().__init__(folder)
        self.home = first.home
        self._first = first
        self._epmd_port, self._port_mapper = first._epmd_port, first._port_mapper

    def join(self) -> None:
        """Become one broker with the first node."""
        self.ctl("stop_app")
        self.ctl("join_cluster", self._first.node)
        self.ctl("start_app")


@contextmanager
def cluster(folder: Path) -> Iterator[list[RabbitServer]]:
    """Three running nodes of one broker, ended with their data afterwards."""
    if not Path(SERVER).exists():
        raise FileNotFoundError(HOW_TO_GET_IT)
    with ExitStack() as stack:
        first = RabbitServer(folder / "1")
        stack.callback(first.clean_up)
        first.start()
        nodes: list[RabbitServer] = [first]
        for number in (2, 3):
            node = Node(folder / str(number), first)
            stack.callback(node.kill)
            node.start()
            node.join()
            nodes.append(node)
        for each in nodes:
            each.ctl("eval", f"net_kernel:set_net_ticktime({_NET_TICK_SECONDS}, 0).")
        yield nodes
