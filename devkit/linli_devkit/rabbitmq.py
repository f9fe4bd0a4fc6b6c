"""A RabbitMQ of the tests' own, on free loopback ports, with a data folder that is deleted."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from linli_devkit.ports import free_port

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
HOW_TO_GET_IT = (
    "RabbitMQ is not installed here; on Debian or Ubuntu: apt-get install rabbitmq-server"
)
_START_SECONDS = 90


class RabbitServer:
    """A broker process, and its management API for what tests do to it.

    Args:
        folder: an empty folder for its data, logs and configuration.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.management_port, self._dist_port, self._epmd_port = (
            free_port() for _ in range(4)
        )
        self.home = folder  # where Erlang keeps the cookie by which nodes and tools know each other
        self._process: subprocess.Popen[bytes] | None = None
        self._port_mapper: subprocess.Popen[bytes] | None = None
        self._vhosts = count(1)

    def start(self) -> None:
        """Start it on the data it had, and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "plugins").write_text("[rabbitmq_management].")
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.management_port}\n"
            "disk_free_limit.absolute = 50MB\nlog.console = false\n"
            "collect_statistics_interval = 1000\n"  # tests wait for what the API shows
            # By default, nodes that lost each other stay apart until somebody restarts one.
            "cluster_partition_handling = autoheal\n"
        )
        if self._port_mapper is None:
            # Erlang would start one that outlives the broker; this one is ours to end.
            arguments = ["epmd", "-port", str(self._epmd_port), "-address", "127.0.0.1"]
            self._port_mapper = subprocess.Popen(arguments, stderr=subprocess.DEVNULL)
        with (self.folder / "console").open("ab") as console:
            self._process = subprocess.Popen(
                [SERVER],
                env=self._environ(),
                stdout=console,
                stderr=console,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._await_answer()

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it stand still: connections stay open and nothing is answered."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)

    def ctl(self, *arguments: str) -> str:
        """What `rabbitmqctl` says. Raises `subprocess.CalledProcessError`."""
        command = [
            str(Path(SERVER).with_name("rabbitmqctl")),
            "--quiet",
            "-n",
            self.node,
            *arguments,
        ]
        environ = {**self._environ(), "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": ""}
        done = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=120, check=True
        )
        return done.stdout

    @property
    def node(self) -> str:
        """The name of its Erlang node."""
        return f"linli{self.port}@localhost"

    def clean_up(self) -> None:
        """End what is left, Erlang's port mapper too, and delete the data."""
        self.kill()
        if self._port_mapper is not None:
            self._port_mapper.kill()
            self._port_mapper.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def lose_disk(self) -> None:
        """End it at once and delete its data; `start` brings up a new one at the same address."""
        self.kill()
        shutil.rmtree(self.folder / "data")

    def vhost(self, name: str | None = None) -> str:
        """The AMQP URI of a fresh virtual host."""
        name = name or f"test{next(self._vhosts)}"
        self.api("PUT", f"/vhosts/{name}")
        self.api(
            "PUT", f"/permissions/{name}/guest", {"configure": ".*", "write": ".*", "read": ".*"}
        )
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{name}"

    def drop_vhost(self, amqp_uri: str) -> None:
        self.api("DELETE", f"/vhosts/{amqp_uri.rpartition('/')[2]}")

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the management API; `path` is below /api. Raises `OSError` when it refuses."""
        connection = http.client.HTTPConnection("127.0.0.1", self.management_port, timeout=10)
        credentials = base64.b64encode(b"guest:guest").decode()
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        try:
            connection.request(
                method, f"/api{quote(path)}", None if body is None else json.dumps(body), headers
            )
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise OSError(f"{method} {path}: {answer.status} {content.decode(errors='replace')}")
        return json.loads(content) if content else None

    def _environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
        }

    def _await_answer(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.api("GET", "/overview")
                return
            except (OSError, http.client.HTTPException) as error:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > deadline:
                    console = (self.folder / "console").read_text(errors="replace")
                    raise RuntimeError(f"RabbitMQ did not start: {console[-2000:]}") from error
                time.sleep(0.1)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            # The launcher is a shell; the broker is in its session.
            os.killpg(self._process.pid, number)
            self._process.wait(60)
            self._process = None


@contextmanager
def rabbit_server(folder: Path) -> Iterator[RabbitServer]:
    """A running broker, removed afterwards. Raises `FileNotFoundError` without RabbitMQ."""
    if not Path(SERVER).exists():
        raise FileNotFoundError(HOW_TO_GET_IT)
    server = RabbitServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.clean_up()
