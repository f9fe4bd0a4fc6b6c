"""One district, as its district.toml describes it. How that is read: `schema`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from linli_contracts.manifest import Manifest, installed_services

FILE = "district.toml"
BUNDLED_BROKER, BUNDLED_DATABASE = "broker", "database"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long things take, and by which catalogue."""

    reopen_days: int
    services_file: str | None = None
    indicators_file: str | None = None


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Whose tokens are taken."""

    audience: str
    jwks_file: str | None = None


@dataclass(frozen=True, kw_only=True)
class Http:
    """Where the proxy listens."""

    address: str
    port: int
    certificate_file: str | None = None
    key_file: str | None = None


@dataclass(frozen=True, kw_only=True)
class Broker:
    """RabbitMQ: the one that comes along, or another."""

    host: str
    vhost: str
    port: int | None = None
    published: str | None = None
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None

    @property
    def bundled(self) -> bool:
        return self.host == BUNDLED_BROKER


@dataclass(frozen=True, kw_only=True)
class Database:
    """PostgreSQL: the one that comes along, or another."""

    host: str
    name: str
    port: int
    sslmode: str | None = None
    ca_file: str | None = None

    @property
    def bundled(self) -> bool:
        return self.host == BUNDLED_DATABASE


@dataclass(frozen=True, kw_only=True)
class Images:
    """Where images come from."""

    registry: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Kubernetes:
    """What only Kubernetes asks for. Without `host` nothing is rendered for it."""

    host: str | None
    ingress_class: str
    ingress_namespace: str
    tls_secret: str | None
    pull_secret: str | None
    scaling: bool
    most_replicas: int


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """Another system that follows events."""

    name: str
    types: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class District:
    """One district; `folder` is where its file, its secrets and what the file names are."""

    folder: Path
    code: str
    name: str
    language: str
    time_zone: str
    calendar: str
    office_hours: str
    grid_digits: int
    limits: Limits
    tokens: Tokens
    http: Http
    broker: Broker
    database: Database
    images: Images
    replicas: Mapping[str, int]
    kubernetes: Kubernetes
    settings: Mapping[str, str] = field(default_factory=dict)
    subscribers: tuple[Subscriber, ...] = ()
    optional_services: frozenset[str] = frozenset()

    @property
    def services(self) -> tuple[Manifest, ...]:
        """Its services: all that are installed, of the optional ones those it asks for."""
        return tuple(
            manifest
            for name, manifest in installed_services().items()
            if not manifest.optional or name in self.optional_services
        )

    @property
    def api_services(self) -> tuple[str, ...]:
        """Those of its services that have HTTP, an outbox and an inbox."""
        return tuple(manifest.name for manifest in self.services if manifest.service)

    @property
    def schemas(self) -> tuple[str, ...]:
        """Whose schemas are in the database, each with an account of its own."""
        return tuple(manifest.name for manifest in self.services)

    @property
    def on_kubernetes(self) -> bool:
        """Whether it is rendered for Kubernetes, too."""
        return self.kubernetes.host is not None

    @property
    def label(self) -> str:
        """What containers, namespaces and the like of this district are called."""
        return f"linli-{self.code}"

    @property
    def key_files(self) -> tuple[str, ...]:
        """The private keys that district.toml names."""
        return tuple(path for path in (self.http.key_file, self.broker.key_file) if path)

    def files(self) -> dict[str, str]:
        """The files that district.toml names, by the place that names them."""
        named = {
            "limits.services_file": self.limits.services_file,
            "limits.indicators_file": self.limits.indicators_file,
            "tokens.jwks_file": self.tokens.jwks_file,
            "http.certificate_file": self.http.certificate_file,
            "http.key_file": self.http.key_file,
            "database.ca_file": self.database.ca_file,
            "broker.ca_file": self.broker.ca_file,
            "broker.certificate_file": self.broker.certificate_file,
            "broker.key_file": self.broker.key_file,
        }
        return {place: path for place, path in named.items() if path}
