"""A service under test: its real HTTP stack without a socket, its real inbox and database."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import sqlalchemy as sa
from linli_chassis.messaging.inbox import Inbox
from linli_chassis.process.runtime import Runtime, container_of
from linli_chassis.process.timers import Timer
from linli_chassis.storage.unit_of_work import UnitOfWork, utc_now
from linli_contracts.envelope import Event, Message, decode, encode
from werkzeug.test import Client

DISTRICT = "110101"
JWT_SECRET = "a secret for tests only, long enough for HS256"
KEYS = "test:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="

ENVIRON = {
    "LINLI_DISTRICT": DISTRICT,
    "LINLI_JWT_SECRET": JWT_SECRET,
    "LINLI_KEYS": KEYS,
    "LINLI_LANGUAGE": "en",
}
"""The settings of a service under test, to which its own and DATABASE_URL are added."""


def token(
    role: str, region: str = DISTRICT, unit: str | UUID | None = None, account: str = "tester"
) -> str:
    """A bearer token as an identity provider issues it. `role` may list several by commas."""
    claims: dict[str, Any] = {
        "sub": account,
        "aud": "linli",
        "roles": role.split(","),
        "region": region,
        "exp": datetime.now(UTC) + timedelta(hours=1),
    }
    if unit:
        claims["unit"] = str(unit)
    return jwt.encode(claims, JWT_SECRET, algorithm="HS256")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status_code: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def json(self) -> Any:
        return jsonlib.loads(self.data)

    @property
    def text(self) -> str:
        return self.data.decode()


class ServiceUnderTest:
    """One service on a migrated database, without a broker; tests may set its clock, `now`."""

    def __init__(self, service: Any, database_url: str, **environ: str) -> None:
        self.now: Callable[[], datetime] = utc_now
        settings = service.settings.load({**ENVIRON, "DATABASE_URL": database_url, **environ})
        self.runtime = Runtime.of(service.name, settings, clock=lambda: self.now())
        mount: dict[str, Any] = {}
        self._container = container_of(service, self.runtime, mount=mount, idle=True)
        self._container.start()
        self.wsgi = mount.get(service.name)
        self._http = Client(self.wsgi) if self.wsgi else None
        self._prefix = f"/api/{service.name}/v1"

    def stop(self) -> None:
        self._container.stop()
        self.runtime.engine.dispose()

    # HTTP

    def get(self, path: str, **more: Any) -> Answer:
        return self.request("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Answer:
        return self.request("POST", path, json={} if json is None else json, **more)

    def put(self, path: str, json: Any = None, **more: Any) -> Answer:
        return self.request("PUT", path, json={} if json is None else json, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        return self.request("DELETE", path, **more)

    def request(
        self,
        method: str,
        path: str,
        *,
        role: str | None = "admin",
        region: str = DISTRICT,
        unit: str | UUID | None = None,
        account: str = "tester",
        headers: Mapping[str, str] | None = None,
        raw: bool = False,
        **more: Any,
    ) -> Answer:
        """Send a request below `/api/<service>/v1` unless `raw`. `role=None` sends no token."""
        assert self._http is not None
        sent = dict(headers or {})
        if role is not None:
            sent.setdefault("Authorization", f"Bearer {token(role, region, unit, account)}")
        response = self._http.open(
            path if raw else self._prefix + path, method=method, headers=sent, **more
        )
        return Answer(response.status_code, dict(response.headers), response.get_data())

    # Events and time

    @property
    def inbox(self) -> Inbox:
        """The inbox of the service, with its real handlers."""
        for extension in self._container.subextensions:
            if hasattr(extension, "inbox"):
                return extension.inbox  # type: ignore[no-any-return]
        raise LookupError(f"{self.runtime.service} subscribes nothing")

    def deliver(self, *events: Event) -> None:
        """Deliver events to the inbox in one batch; fails unless all of them were handled."""
        self.inbox.receive([encode(event) for event in events])
        with self.unit_of_work() as uow:
            failed = uow.connection.execute(
                sa.text(
                    "SELECT type, error FROM inbox"
                    " WHERE state IN ('due', 'dead') AND event_id = ANY(:ids)"
                ),
                {"ids": [event.id for event in events]},
            ).all()
        assert not failed, failed

    def forget(self) -> None:
        """Forget which events were handled, as after their retention or a restore, so that the
        handlers receive again what is delivered again.
        """
        with self.unit_of_work() as uow:
            uow.connection.execute(sa.text("DELETE FROM inbox"))

    def published(self) -> list[Event]:
        """The events written to the outbox so far, oldest first, decoded by their contract."""
        with self.unit_of_work() as uow:
            rows = uow.connection.execute(
                sa.text("SELECT headers, body FROM outbox ORDER BY seq")
            ).all()
        return [decode(Message(row.headers, row.body.encode())) for row in rows]

    def fire(self, timer: str) -> None:
        """Let the round of a timer method come now."""
        for entrypoint in self._container.entrypoints:
            if isinstance(entrypoint, Timer) and entrypoint.method_name == timer:
                entrypoint.fire()
                return
        raise LookupError(f"{self.runtime.service} has no timer {timer!r}")

    def unit_of_work(self) -> AbstractContextManager[UnitOfWork[Any]]:
        return self.runtime.unit_of_work()
