"""Platforms for tests: started over servers or embedded, and one whose command is quicker."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from linli.app import app
from linli.base.context import VARIABLES, note_platform
from linli.local.embedded import EmbeddedPlatform
from linli.local.supervisor import Child, Supervisor, common_environ
from linli_contracts.manifest import api_services
from typer.testing import CliRunner

from linli_devkit.ports import free_ports
from linli_devkit.running_platform import RunningPlatform, is_setting

MANY_REGISTRATIONS = "1000000"
"""What one account may register in an hour: in tests a few stand for all residents."""


class InProcessPlatform(RunningPlatform):
    """A platform whose command runs within the process of the tests, which is quicker."""

    def linli(
        self, *arguments: str, code: int = 0, language: str = "en"
    ) -> subprocess.CompletedProcess[str]:
        """See `RunningPlatform.linli`."""
        environ: dict[str, str | None] = dict.fromkeys((*VARIABLES.values(), "LINLI_URL"))
        environ |= {"LINLI_HOME": str(self.home), "LINLI_LANGUAGE": language, "COLUMNS": "120"}
        result = CliRunner().invoke(app, list(arguments), env=environ)
        if result.exit_code != code:
            words = " ".join(arguments)
            raise AssertionError(f"linli {words} ended with {result.exit_code}:\n{result.output}")
        return subprocess.CompletedProcess(arguments, code, result.stdout, result.stderr)


@contextmanager
def running_platform(
    home: Path, *, amqp_uri: str, database_url: str, **settings: str
) -> Iterator[RunningPlatform]:
    """Eight processes over a real broker and database, with these settings and no others."""
    with ExitStack() as stack:
        with _environment(settings):  # only while it starts: other tests run beside it
            first_port = free_ports(len(api_services()))
            starting = Supervisor.start(
                home, first_port, amqp_uri=amqp_uri, database_url=database_url
            )
            supervisor = stack.enter_context(starting)
        yield _noted(home, supervisor)


@contextmanager
def embedded_platform(home: Path, **settings: str) -> Iterator[RunningPlatform]:
    """The embedded platform: one process and one port, with these settings and no others."""
    with ExitStack() as stack:
        with _environment(settings):
            supervisor = stack.enter_context(EmbeddedPlatform.start(home, free_ports(1)))
        yield _noted(home, supervisor)


@contextmanager
def embedded_host(home: Path, database_url: str) -> Iterator[RunningPlatform]:
    """The one process of the embedded platform over a database that is there and migrated."""
    url = f"http://127.0.0.1:{free_ports(1)}"
    with _environment({}):
        bind = {"LINLI_HTTP_BIND": url.removeprefix("http://"), "AMQP_URI": ""}
        environ = common_environ(home, database_url) | bind
    host = Child("platform", ["linli.local.embedded"], environ, home / "platform.log")
    with Supervisor([host], url, environ).running() as supervisor:
        supervisor.await_ready(url, host)
        yield _noted(home, supervisor)


def _noted(home: Path, supervisor: Supervisor) -> RunningPlatform:
    """Leave the note of `linli up`, by which the command finds the platform."""
    note_platform(home, supervisor.url, supervisor.environ)
    return RunningPlatform(home, supervisor)


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Let the settings of this process be these alone while a platform starts from it."""
    settings = {"LINLI_REGISTRATIONS_PER_HOUR": MANY_REGISTRATIONS, **settings}
    saved = {name: os.environ.pop(name) for name in list(os.environ) if is_setting(name)}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            os.environ.pop(name, None)
        os.environ.update(saved)
