"""Ten processes, a broker and a database, each behind a proxy, and faults for them."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from linli.local.supervisor import Child
from linli_contracts.manifest import api_services
from linli_devkit.disks import small_disk
from linli_devkit.own_postgres import OwnPostgres, own_postgres
from linli_devkit.platforms import running_platform
from linli_devkit.proxy import Proxy
from linli_devkit.rabbitmq import RabbitServer, rabbit_server
from linli_devkit.running_platform import RunningPlatform

from .trial import Result, TrialEnvironment

HEARTBEAT_SECONDS = 4
DISK_MEGABYTES = 500


class Replica(Child):
    """A process beside those that the supervisor tends."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Started now, and stopped on leaving unless it was before."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        """Ask it to stop, once, and wait until it has."""
        process, self.process = self.process, None
        if process is not None:
            process.terminate()
            assert process.wait(40) == 0, self.end_of_log()


@dataclass(kw_only=True)
class FaultEnvironment(TrialEnvironment):
    """A platform of processes, and the servers below it."""

    broker: RabbitServer
    postgres: OwnPostgres
    amqp_uri: str
    to_broker: Proxy
    to_database: Proxy
    small_disk: bool

    @property
    def vhost(self) -> str:
        return self.amqp_uri.rpartition("/")[2]

    def release(self) -> None:
        """Let everything through again, over new connections."""
        for proxy in (self.to_broker, self.to_database):
            proxy.latency_seconds = 0.0
            proxy.black_hole = proxy.swallowing = False
            proxy.reset()

    @contextmanager
    def replica(self, name: str, port: int, folder: Path) -> Iterator[Replica]:
        """A second process of a service, which nobody tends."""
        environ = {**self.child(name).environ, "LINLI_HTTP_BIND": f"127.0.0.1:{port}"}
        child = Replica(
            f"{name} replica", ["linli", "run", name], environ, folder / f"{name}-replica.log"
        )
        with child.running():
            self.platform.supervisor.await_ready(f"http://127.0.0.1:{port}", child)
            yield child

    def standby(self, name: str, folder: Path) -> Replica:
        """A second relay of a service, which nobody tends, not running."""
        environ = self.child(f"{name} relay").environ
        return Replica(
            f"{name} standby", ["linli", "relay", name], environ, folder / f"{name}-standby.log"
        )

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Let a process stand still; the broker takes it for dead after two heartbeats."""
        process = self.child(name).process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)


@contextmanager
def fault_environment(
    load_sample: Callable[[RunningPlatform], None],
    results: list[Result],
    nodes: Sequence[RabbitServer] = (),
) -> Iterator[FaultEnvironment]:
    """A furnished platform whose every connection passes a proxy.

    Args:
        nodes: of a broker that runs already, between which the proxy chooses; else there is one
            broker of its own.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="linli-faults-")))
        folder.chmod(0o755)  # the database server may not run as root
        nodes = nodes or [stack.enter_context(rabbit_server(folder / "broker"))]
        broker = nodes[0]
        amqp_uri = broker.vhost()
        (folder / "postgres").mkdir()
        small = stack.enter_context(small_disk(folder / "postgres", DISK_MEGABYTES))
        postgres = stack.enter_context(
            own_postgres(
                folder / "postgres",
                max_wal_size="64MB",
                min_wal_size="32MB",
                track_commit_timestamp="on",  # by which the checker knows when events arrived
            )
        )
        database_url = stack.enter_context(postgres.database(api_services()))
        to_broker = stack.enter_context(
            Proxy(*(("127.0.0.1", node.port) for node in nodes)).running()
        )
        to_database = stack.enter_context(Proxy(("127.0.0.1", postgres.port)).running())
        platform = stack.enter_context(
            running_platform(
                folder / "platform",
                amqp_uri=amqp_uri.replace(f":{broker.port}/", f":{to_broker.port}/"),
                database_url=through(database_url, to_database),
                LINLI_HEARTBEAT_SECONDS=str(HEARTBEAT_SECONDS),
            )
        )
        load_sample(platform)
        yield FaultEnvironment(
            platform,
            database_url,
            results,
            broker=broker,
            postgres=postgres,
            amqp_uri=amqp_uri,
            to_broker=to_broker,
            to_database=to_database,
            small_disk=small,
        )


def through(database_url: str, proxy: Proxy) -> str:
    return sa.make_url(database_url).set(port=proxy.port).render_as_string(hide_password=False)
