"""Starting the processes of the platform, keeping them alive, and stopping them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
from linli_contracts.manifest import api_services
from linli_kernel.backoff import Backoff

from linli.base.errors import Failure
from linli.base.i18n import t
from linli.local.secrets import secrets_of

READY_SECONDS = 60.0
STOP_SECONDS = 30.0
_stop_requests: list[int] = []
_POLL_SECONDS = 0.2
_RESTART_SECONDS = (0.5, 1.0, 2.0, 5.0)


@dataclass
class Child:
    """One process, what it is started with, and how often it had to be started again."""

    name: str
    arguments: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    start_at: float = 0.0
    backoff: Backoff = field(default_factory=lambda: Backoff(_RESTART_SECONDS, steady_seconds=60))

    def start(self) -> None:
        self.backoff.begin()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            # A session of its own, so that Ctrl-C reaches it through us only, and in order.
            self.process = subprocess.Popen(  # noqa: S603  # our own modules
                [sys.executable, "-m", *self.arguments],
                env={**os.environ, **self.environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def tend(self) -> None:
        """Start it again when it has ended, after a pause that grows."""
        if self.process is None:
            if time.monotonic() >= self.start_at:
                self.start()
        elif self.process.poll() is not None:
            self.restarts += 1
            self.start_at = time.monotonic() + self.backoff.pause()
            self.process = None

    def end_of_log(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])


@dataclass
class Supervisor:
    """The running processes of a platform.

    `url` is where it answers, `environ` the settings that all its processes share.
    """

    children: list[Child]
    url: str
    environ: dict[str, str]
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @classmethod
    @contextmanager
    def start(
        cls, home: Path, port: int, *, amqp_uri: str, database_url: str
    ) -> Iterator[Supervisor]:
        """Start every service and every relay as a process of its own, over a real broker and
        database.

        Services listen on `port` and those after it, one each; relays, if LINLI_METRICS_BIND is
        given, there and on the ports after that one. Databases are migrated first.

        Raises:
            Failure: a service did not become ready; with the end of its log.
        """
        interrupt_on_sigterm()
        urls = {
            name: f"http://127.0.0.1:{port + offset}" for offset, name in enumerate(api_services())
        }
        environ = {
            **common_environ(home, database_url),
            "AMQP_URI": amqp_uri,
            **{f"LINLI_{name.upper()}_URL": url for name, url in urls.items()},
        }
        migrate_all(database_url)
        services, relays = [], []
        for offset, (name, url) in enumerate(urls.items()):
            http = {"LINLI_HTTP_BIND": url.removeprefix("http://")}
            services.append(_child("run", name, home, environ | http))
            relays.append(_child("relay", name, home, environ | _metrics_bind(environ, offset)))
        first = next(iter(urls.values()))
        with cls([*services, *relays], first, environ).running() as supervisor:
            for service, url in zip(services, urls.values(), strict=True):
                supervisor.await_ready(url, service)
            yield supervisor

    @contextmanager
    def running(self) -> Iterator[Supervisor]:
        """Start the children and keep them alive until leaving."""
        try:
            for child in self.children:
                child.start()
            self._thread = threading.Thread(target=self._tend, daemon=True)
            self._thread.start()
            yield self
        finally:
            self.stop()

    def await_ready(self, url: str, child: Child) -> None:
        """Wait until `url` is ready. Raises `Failure` with the end of the log of its process."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                if requests.get(f"{url}/readyz", timeout=5).status_code == 200:
                    return
            except requests.RequestException:
                pass
            if child.restarts > 2 or time.monotonic() > deadline:
                message = t("{name} did not start. The end of its log:", name=child.name)
                hint = t("The whole log: {path}", path=str(child.log))
                raise Failure(f"{message}\n{child.end_of_log()}", hint)
            time.sleep(_POLL_SECONDS)

    def wait(self) -> None:
        """Wait for Ctrl-C or SIGTERM, which is made the same. Raises `KeyboardInterrupt`."""
        wait_for_interrupt()

    def stop(self) -> None:
        """Ask all to stop, and end what has not stopped in time."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        alive = [child.process for child in self.children if child.process is not None]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in alive:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _tend(self) -> None:
        while not self._stopping.wait(_POLL_SECONDS):
            for child in self.children:
                child.tend()


def interrupt_on_sigterm() -> None:
    """Let SIGTERM unwind like Ctrl-C does. Called before anything is started."""
    signal.signal(signal.SIGTERM, _interrupt)


def wait_for_interrupt() -> None:
    """Wait until this process is asked to stop. Raises `KeyboardInterrupt`."""
    pause = threading.Event()
    while not _stop_requests:
        pause.wait(_POLL_SECONDS)
    raise KeyboardInterrupt


def _interrupt(number: int, _frame: object) -> None:
    # Noted too: raised inside a finalizer, the exception would be dropped and the stop with it.
    _stop_requests.append(number)
    raise KeyboardInterrupt


def common_environ(home: Path, database_url: str) -> dict[str, str]:
    """The settings of all processes of a platform; those of the environment come first."""
    ours = {name: value for name, value in os.environ.items() if name.startswith("LINLI_")}
    defaults = {"LINLI_DISTRICT": "110101", "LINLI_FILES_FOLDER": str(home / "files")}
    return {**defaults, **secrets_of(home), **ours, "DATABASE_URL": database_url}


def _child(action: str, service: str, home: Path, environ: Mapping[str, str]) -> Child:
    """A process `service` or `<service> relay`."""
    name = service if action == "run" else f"{service} {action}"
    log = home / "log" / f"{name.replace(' ', '-')}.log"
    return Child(name, ["linli_chassis", action, service], environ, log)


def _metrics_bind(environ: Mapping[str, str], offset: int) -> dict[str, str]:
    host, _, port = environ.get("LINLI_METRICS_BIND", "").rpartition(":")
    return {"LINLI_METRICS_BIND": f"{host}:{int(port) + offset}"} if host and port.isdigit() else {}


def migrate_all(database_url: str) -> None:
    """Bring the schemas of all services to their newest version."""
    from linli_chassis.storage.database import migrate

    for name in api_services():
        migrate(database_url, name)
