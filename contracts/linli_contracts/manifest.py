"""Which services there are: each distribution names its manifest as an entry point.

    [project.entry-points."linli.services"]
    grid = "linli_grid.manifest:MANIFEST"

Nothing else lists services. A process sees those that are installed beside it; the command, which
renders deployments, is installed beside all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

GROUP = "linli.services"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a service declares of itself without being imported.

    `name` names its schema, its queue `linli.<name>`, and its routes `/api/<name>`. `service`,
    `settings` and `run` are `module:attribute`.

    Args:
        port: by which services are ordered, and where it listens when each has a port of its own.
        service: its nameko class; None for a service without HTTP and relay, which has `run`.
        run: a function `(environ)` that runs the process until SIGTERM, instead of `service`.
        subscribes: the event types it takes in, as `linli.<service>.<name>.v<n>`.
        events: modules outside `linli_contracts.events` that declare its events.
        secrets: secrets it is given beside database and broker: `jwt_secret`, `keys`.
        cpus, memory: what one process of it may use in a container, such as "0.5" and "512M".
        public: first segments of its routes that ask for no token, `/api/<name>/v1/<segment>`; the
            proxy limits how often one address may call them.
        optional: deployed only where district.toml says `<name> = true`.
        follows: patterns of event types that a service with `run` follows, as a subscriber with an
            account of its own.
        internet: whether it calls addresses outside the deployment, over HTTPS.
    """

    name: str
    summary: str
    port: int
    settings: str
    service: str | None = None
    run: str | None = None
    subscribes: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ("jwt_secret", "keys")
    cpus: str = "1"
    memory: str = "512M"
    public: tuple[str, ...] = ()
    optional: bool = False
    follows: tuple[str, ...] = ()
    internet: bool = False

    @property
    def package(self) -> str:
        """The package of the service: that of its settings."""
        return self.settings.partition(".")[0].partition(":")[0]

    def load_service(self) -> Any:
        """The nameko class. Raises `LookupError` where it has none."""
        if self.service is None:
            raise LookupError(f"{self.name} has no HTTP and no relay")
        return load(self.service)

    def load_settings(self) -> Any:
        """The class of its settings."""
        return load(self.settings)


def load(reference: str) -> Any:
    """The object that `module:attribute` names."""
    module, _, attribute = reference.partition(":")
    return getattr(import_module(module), attribute)


@cache
def installed_services() -> dict[str, Manifest]:
    """The manifests of the services that are installed here by name, ordered by port."""
    manifests = [entry.load() for entry in entry_points(group=GROUP)]
    ordered = sorted(manifests, key=lambda manifest: (manifest.port, manifest.name))
    return {manifest.name: manifest for manifest in ordered}


def find_service(name: str) -> Manifest:
    """The manifest of an installed service.

    Raises:
        LookupError: there is none of this name; says which there are.
    """
    try:
        return installed_services()[name]
    except KeyError:
        names = ", ".join(installed_services())
        raise LookupError(f"no service {name!r} is installed here; there are: {names}") from None


def api_services() -> tuple[str, ...]:
    """The names of the installed services that have routes, an outbox and an inbox."""
    return tuple(name for name, manifest in installed_services().items() if manifest.service)
