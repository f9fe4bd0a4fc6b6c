"""The settings of any process, and the base of those of a service; `environment` reads them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, TypeVar
from zoneinfo import ZoneInfo

import jwt
from linli_contracts.translation import LANGUAGES
from marshmallow.validate import OneOf, Range, Regexp

from linli_chassis import setting_types
from linli_chassis.environment import (
    REQUIRED,
    BadSetting,
    BadSettings,
    declared_settings,
    read_settings,
    setting,
)
from linli_chassis.storage.crypto import Keyring

__all__ = [
    "REQUIRED",
    "BadSetting",
    "BadSettings",
    "ProcessSettings",
    "Settings",
    "setting",
]

_Self = TypeVar("_Self", bound="ProcessSettings")


@dataclass(frozen=True, kw_only=True)
class ProcessSettings:
    """The settings of every process. A relay has no others."""

    district: str = setting(
        "LINLI_DISTRICT",
        "str",
        help="The district this deployment serves: six digits of GB/T 2260, e.g. 110101.",
        validate=Regexp(r"[0-9]{6}\Z", error="must have six digits"),
    )
    database_url: str = setting(
        "DATABASE_URL",
        setting_types.database_url,
        secret=True,
        help="PostgreSQL database, e.g. postgresql://user:password@host:5432/name.",
    )
    amqp_uri: str | None = setting(
        "AMQP_URI",
        "str",
        default=None,
        secret=True,
        help=(
            "RabbitMQ virtual host, e.g. amqp://user:password@host:5672/linli. Without it "
            "the embedded bus is used."
        ),
        validate=Regexp(r"amqps?://", error="must begin with amqp:// or amqps://"),
    )
    log_level: int = setting(
        "LINLI_LOG_LEVEL",
        "log_level",
        default=20,
        help="DEBUG, INFO (the default), WARNING or ERROR.",
    )
    outbox_keep_days: int = setting(
        "LINLI_OUTBOX_KEEP_DAYS",
        "int",
        default=7,
        help="Days a published event stays in the outbox, for publishing it again.",
        validate=Range(min=1),
    )
    inbox_keep_days: int = setting(
        "LINLI_INBOX_KEEP_DAYS",
        "int",
        default=35,
        help=(
            "Days the id of a handled event is known; an event that comes again later is "
            "handled again."
        ),
        validate=Range(min=1),
    )
    heartbeat_seconds: int = setting(
        "LINLI_HEARTBEAT_SECONDS",
        "int",
        default=15,
        help="AMQP heartbeat, in seconds.",
        validate=Range(min=1, max=600),
    )

    broker_declare: bool = setting(
        "LINLI_BROKER_DECLARE",
        "bool",
        default=True,
        help=(
            "false where the broker has its exchanges and queues from definitions: check "
            "them, and declare nothing."
        ),
    )

    metrics_bind: str | None = setting(
        "LINLI_METRICS_BIND",
        "str",
        default=None,
        help=(
            "Relays, webhooks: host:port for /metrics and /healthz, e.g. 0.0.0.0:9100. "
            "Services have LINLI_HTTP_BIND."
        ),
        validate=Regexp(r"[^:\s]+:[0-9]{1,5}\Z", error="must be host:port"),
    )

    @classmethod
    def load(cls: type[_Self], environ: Mapping[str, str] = os.environ) -> _Self:
        """Read all settings of this class. Raises `BadSettings` with everything that is wrong."""
        loaded = read_settings(cls, environ)
        problems = list(loaded.check())
        if problems:
            raise BadSettings(problems)
        return loaded

    def check(self) -> Iterable[BadSetting]:
        """What is wrong between settings that are each right; subclasses call `super().check()`."""
        if self.outbox_keep_days >= self.inbox_keep_days:
            # What is published again must find its id in every inbox, or it takes effect twice.
            outbox = declared_settings(ProcessSettings)["outbox_keep_days"]
            yield outbox.bad(
                f"must be less than LINLI_INBOX_KEEP_DAYS, which is {self.inbox_keep_days}"
            )


@dataclass(frozen=True, kw_only=True)
class Settings(ProcessSettings):
    """The settings of every service. It adds its own in a subclass, also a frozen dataclass."""

    http_bind: str = setting(
        "LINLI_HTTP_BIND",
        "str",
        default="127.0.0.1:8000",
        help="Address and port the HTTP server listens on.",
        validate=Regexp(r"[^:\s]+:[0-9]{1,5}\Z", error="must be host:port"),
    )
    max_body_bytes: int = setting(
        "LINLI_MAX_BODY_BYTES",
        "int",
        default=1024 * 1024,
        help="Largest HTTP body accepted, in bytes.",
        validate=Range(min=1024),
    )
    jwt_secret: str | None = setting(
        "LINLI_JWT_SECRET",
        setting_types.jwt_secret,
        default=None,
        secret=True,
        help="Secret of HS256 tokens, at least 32 bytes. This or LINLI_JWKS_FILE must be given.",
    )
    jwks: jwt.PyJWKSet | None = setting(
        "LINLI_JWKS",
        setting_types.jwks,
        default=None,
        secret=True,
        help=(
            "JWKS document of the keys of RS256 and ES256 tokens; usually a path in "
            "LINLI_JWKS_FILE, which is read again when it changes."
        ),
    )
    jwks_file: Path | None = None
    """Where `jwks` was read from."""
    jwt_audience: str = setting(
        "LINLI_JWT_AUDIENCE",
        "str",
        default="linli",
        help="The `aud` that a token must be meant for.",
    )
    keyring: Keyring = setting(
        "LINLI_KEYS",
        setting_types.keyring,
        secret=True,
        help=(
            "Keys of stored personal data as id:base64-of-32-bytes, comma-separated; the "
            "first encrypts, all decrypt."
        ),
    )
    time_zone: ZoneInfo = setting(
        "LINLI_TIME_ZONE",
        setting_types.time_zone,
        default=ZoneInfo("Asia/Shanghai"),
        help="The time zone of the district's days, months and working hours (IANA name).",
    )
    language: str = setting(
        "LINLI_LANGUAGE",
        "str",
        default="zh",
        help="Language of answers when the client asks for none we have: zh or en.",
        validate=OneOf(LANGUAGES, error="must be zh or en"),
    )
    database_pool: int = setting(
        "LINLI_DATABASE_POOL",
        "int",
        default=10,
        help=(
            "Database connections one process may hold: listening, retries, events and "
            "timers need one each."
        ),
        validate=Range(min=5),
    )
    statement_seconds: int = setting(
        "LINLI_STATEMENT_SECONDS",
        "int",
        default=10,
        help="Seconds that one database statement of a request or a timer may take.",
        validate=Range(min=1, max=600),
    )
    batch_statement_seconds: int = setting(
        "LINLI_BATCH_STATEMENT_SECONDS",
        "int",
        default=60,
        help="Seconds that one database statement of an import or a batch of events may take.",
        validate=Range(min=1, max=3600),
    )
    lock_seconds: int = setting(
        "LINLI_LOCK_SECONDS",
        "int",
        default=5,
        help="Seconds that a database statement may wait for a lock.",
        validate=Range(min=1, max=600),
    )
    inbox_batch: int = setting(
        "LINLI_INBOX_BATCH",
        "int",
        default=100,
        help="Events handled in one transaction at most.",
        validate=Range(min=1, max=1000),
    )
    inbox_wait_ms: int = setting(
        "LINLI_INBOX_WAIT_MS",
        "int",
        default=20,
        help="Milliseconds an inbox batch waits to fill.",
        validate=Range(min=0, max=10_000),
    )

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """See `ProcessSettings.load`."""
        loaded = super().load(environ)
        return replace(loaded, jwks_file=declared_settings(cls)["jwks"].file(environ))

    def check(self) -> Iterable[BadSetting]:
        """See `ProcessSettings.check`."""
        yield from super().check()
        if not (self.jwt_secret or self.jwks):
            yield declared_settings(type(self))["jwt_secret"].bad(
                "is not set, and LINLI_JWKS_FILE neither"
            )
