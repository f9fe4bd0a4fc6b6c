"""`linli run`, `relay` and `migrate`: one process of a real deployment, and its database."""

from __future__ import annotations

from typing import Annotated

import typer

from linli.base.console import AsJson, Output, print_done, reports_failures
from linli.base.i18n import t
from linli.base.options import DatabaseUrl

Name = Annotated[
    str,
    typer.Argument(metavar="SERVICE", help=t("organization, grid, service_desk or evaluation.")),
]
MaybeName = Annotated[
    str | None, typer.Argument(metavar="[SERVICE]", help=t("One service; all of them otherwise."))
]


def known_service(name: str) -> str:
    """The name itself; `service-desk` means `service_desk`. Raises `UsageFailure`."""
    from linli_contracts.manifest import api_services

    from linli.base.errors import UsageFailure

    name = name.replace("-", "_")
    if name not in api_services():
        raise UsageFailure(
            t("There is no service {name}.", name=repr(name)),
            t("Services: {names}", names=", ".join(api_services())),
        )
    return name


@reports_failures
def run(service: Name, as_json: AsJson = False) -> None:  # noqa: ARG001  # --json is everywhere; logs are JSON anyway
    """Run one service until SIGTERM."""
    name = known_service(service)
    from linli_chassis.process import commands as process

    process.run(name)


@reports_failures
def relay(service: Name, as_json: AsJson = False) -> None:  # noqa: ARG001
    """Run the relay of one service: from its outbox to the broker."""
    name = known_service(service)
    from linli_chassis.process import commands as process

    process.relay(name)


@reports_failures
def migrate(
    service: MaybeName = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """Bring the database of one service or of all to the newest version."""
    from linli_chassis.storage.database import migrate as migrate_database
    from linli_contracts.manifest import api_services

    from linli.base.context import Context

    output = Output(as_json)
    names = [known_service(service)] if service else list(api_services())
    url = Context.load(database_url=database_url).need("database_url")
    for name in names:
        output.note(t("Migrating {service} ...", service=name))
        migrate_database(url, name)
    output.result({"migrated": names}, lambda console: print_done(console, ", ".join(names)))
