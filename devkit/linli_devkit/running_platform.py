"""A platform that runs: its processes, the `linli` command, plain HTTP and its database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg2
import requests
from linli.local.supervisor import Child, Supervisor
from linli_client import ADMIN, Caller
from linli_client.tokens import sign
from linli_contracts.identity import AUDIENCE
from linli_contracts.manifest import api_services

from linli_devkit.processes import eventually

COMMAND_SECONDS = 280.0


@dataclass
class RunningPlatform:
    """A platform, and what tests do to it. Embedded, `supervisor` has one child; else eight."""

    home: Path
    supervisor: Supervisor
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        # A proxy of the environment cannot know what listens on this very machine.
        self._session.trust_env = False

    @property
    def environ(self) -> Mapping[str, str]:
        """The settings of its processes."""
        return self.supervisor.environ

    @property
    def district(self) -> str:
        return self.environ["LINLI_DISTRICT"]

    @cached_property
    def schemas(self) -> dict[str, list[str]]:
        """The tables of each service."""
        tables: dict[str, list[str]] = {name: [] for name in api_services()}
        sql = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2"
        for schema, table in self.rows(sql, list(api_services())):
            tables[schema].append(table)
        return tables

    # Processes

    def child(self, name: str) -> Child:
        """A process by its name: that of a service, or `<service> relay`."""
        return next(child for child in self.supervisor.children if child.name == name)

    def await_restart(self, name: str, restarts: int) -> None:
        """Wait until a process was started again more than `restarts` times, and is ready.

        Raises:
            Failure: a service did not become ready.
        """
        child = self.child(name)
        eventually(lambda: child.restarts > restarts and child.process is not None)
        if not name.endswith(" relay"):
            self.supervisor.await_ready(
                self.environ.get(f"LINLI_{name.upper()}_URL") or self.supervisor.url, child
            )

    # The command

    def command_environ(self, language: str = "en") -> dict[str, str]:
        """The environment in which a person uses the command beside this platform's home."""
        ours = {name: value for name, value in os.environ.items() if not is_setting(name)}
        return {**ours, "LINLI_HOME": str(self.home), "LINLI_LANGUAGE": language, "COLUMNS": "160"}

    def start_linli(self, *arguments: str, language: str = "en") -> subprocess.Popen[str]:
        """The command, running. Its standard output and errors are pipes."""
        return subprocess.Popen(  # our own module
            [sys.executable, "-m", "linli", *arguments],
            env=self.command_environ(language),
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def linli(
        self, *arguments: str, code: int = 0, language: str = "en"
    ) -> subprocess.CompletedProcess[str]:
        """What the command wrote. Raises `AssertionError` when it ends with another code."""
        with self.start_linli(*arguments, language=language) as running:
            try:
                out, notes = running.communicate(timeout=COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                running.kill()
                raise
        if running.returncode != code:
            raise AssertionError(
                f"linli {' '.join(arguments)} ended with {running.returncode}:\n{out}\n{notes}"
            )
        return subprocess.CompletedProcess(arguments, running.returncode, out, notes)

    def json(self, *arguments: str, code: int = 0, language: str = "en") -> Any:
        """What the command answers as JSON."""
        return json.loads(self.linli(*arguments, "--json", code=code, language=language).stdout)

    def idle(self, seconds: float = 60) -> None:
        """Wait until no event is on its way. Raises `AssertionError` when that takes too long."""
        self.linli("status", "--wait-idle", str(seconds))

    # HTTP

    def url(self, service: str, path: str) -> str:
        """Where `path` of a service is, below its `/api/<service>/v1`."""
        base = self.environ.get(f"LINLI_{service.upper()}_URL") or self.supervisor.url
        return f"{base}/api/{service}/v1{path}"

    def token(self, caller: Caller, hours: float = 1) -> str:
        """A bearer token as an identity provider of the district would sign it."""
        return sign(
            self.environ["LINLI_JWT_SECRET"],
            role=caller.role,
            region=caller.region or self.district,
            unit=caller.unit,
            account=caller.account,
            hours=hours,
            audience=self.environ.get("LINLI_JWT_AUDIENCE") or AUDIENCE,
        )

    def ask(
        self,
        method: str,
        service: str,
        path: str,
        body: Any = None,
        *,
        caller: Caller | None = ADMIN,
        language: str = "en",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> requests.Response:
        """One plain HTTP request; `caller=None` sends no token, `more` is for `requests`."""
        sent = {"Accept-Language": language}
        if caller is not None:
            sent["Authorization"] = f"Bearer {self.token(caller)}"
        sent.update(headers or {})
        if body is not None:
            more["json"] = body
        return self._session.request(
            method, self.url(service, path), headers=sent, timeout=60, **more
        )

    def get(self, service: str, path: str, *, caller: Caller | None = ADMIN, **params: Any) -> Any:
        """The JSON of a GET that succeeds. Raises `AssertionError` with the problem."""
        return _json_of(self.ask("GET", service, path, caller=caller, params=params))

    def post(self, service: str, path: str, body: Any, *, caller: Caller | None = ADMIN) -> Any:
        """The JSON of a POST that succeeds. Raises `AssertionError` with the problem."""
        return _json_of(self.ask("POST", service, path, body, caller=caller))

    def pages(self, service: str, path: str, **params: Any) -> Iterator[Any]:
        """Every item of a paged list."""
        while True:
            page = self.get(service, path, limit=500, **params)
            yield from page["items"]
            if not page["next"]:
                return
            params["cursor"] = page["next"]

    # The database

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read from the database of all services; tables are named with their schema."""
        connection = psycopg2.connect(self.environ["DATABASE_URL"])
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall()
        finally:
            connection.close()

    def count(self, sql: str, *values: Any) -> int:
        return int(self.rows(sql, *values)[0][0])

    def table_sizes(self) -> dict[str, int]:
        """How many rows each table of each service has."""
        names = [f"{schema}.{table}" for schema, tables in self.schemas.items() for table in tables]
        counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in names)  # noqa: S608  # PostgreSQL's own names
        return dict(zip(names, self.rows(f"SELECT {counts}")[0], strict=True))


def _json_of(response: requests.Response) -> Any:
    if not response.ok:
        request = f"{response.request.method} {response.url}"
        raise AssertionError(f"{request}: {response.status_code} {response.text}")
    return response.json()


def is_setting(name: str) -> bool:
    """Whether a variable of the environment is a setting of the platform."""
    return name.startswith("LINLI_") or name in ("DATABASE_URL", "AMQP_URI")
