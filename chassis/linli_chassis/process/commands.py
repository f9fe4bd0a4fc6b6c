"""One process of a deployment: a service, its relay, or the migration of its database.

Everything is imported inside the functions, for a service has to patch the standard library first.
"""

from __future__ import annotations

import os


def run(name: str) -> None:
    """Run a service until SIGTERM. Raises `BadSettings`, `LookupError`."""
    from linli_contracts.manifest import find_service, load

    from linli_chassis.process import green

    manifest = find_service(name)
    if manifest.run:
        load(manifest.run)(os.environ)
        return
    green.patch()
    from linli_chassis.observability.logs import configure
    from linli_chassis.process.runtime import serve

    service = manifest.load_service()
    configure(name, service.settings.load(os.environ).log_level)
    serve(service, os.environ)


def relay(name: str) -> None:
    """Run the relay of a service until SIGTERM. Raises `BadSettings`."""
    from linli_chassis.observability.logs import configure
    from linli_chassis.process.runtime import relay as run_relay
    from linli_chassis.settings import ProcessSettings

    configure(f"{name} relay", ProcessSettings.load(os.environ).log_level)
    run_relay(name, os.environ)


def migrate(name: str) -> None:
    """Bring the database of a service to the newest version. Raises `BadSettings`, `LookupError`.

    A database that cannot be reached ends the process with 1 and one line, for whoever starts it
    again.
    """
    import structlog
    from sqlalchemy.exc import DBAPIError

    from linli_chassis.observability.logs import configure
    from linli_chassis.settings import ProcessSettings
    from linli_chassis.storage.database import is_unavailable
    from linli_chassis.storage.database import migrate as migrate_database

    settings = ProcessSettings.load(os.environ)
    configure(f"{name} migration", settings.log_level)
    try:
        migrate_database(settings.database_url, name)
    except DBAPIError as error:
        if not is_unavailable(error):
            raise
        reason = str(error.orig).strip().splitlines()[0]
        structlog.get_logger(__name__).error(
            "the database cannot be reached", service=name, error=reason
        )
        raise SystemExit(1) from None
