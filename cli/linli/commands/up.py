"""`linli up`: the platform on this machine, embedded, or as supervised processes over a real broker
and database.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linli.base.console import AsJson, Output, framed
from linli.base.i18n import t
from linli.base.options import Home

if TYPE_CHECKING:
    from rich.console import Console

GivenAmqpUri = Annotated[
    str | None,
    typer.Option(
        "--amqp-uri", metavar="URI", help=t("RabbitMQ for a platform of eight processes.")
    ),
]
GivenDatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url", metavar="URL", help=t("PostgreSQL for a platform of eight processes.")
    ),
]
Port = Annotated[int, typer.Option(min=1, max=65535, help=t("Port to listen on."))]


@framed
def up(
    port: Port = 8000,
    home: Home = None,
    amqp_uri: GivenAmqpUri = None,
    database_url: GivenDatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Start the platform and keep it running until Ctrl-C or SIGTERM."""
    output = Output(as_json)
    folder = Path(home or os.environ.get("LINLI_HOME") or ".linli")
    if amqp_uri or database_url:
        from linli.base.errors import UsageFailure

        if not (amqp_uri and database_url):
            raise UsageFailure(
                t("--amqp-uri and --database-url go together."),
                t(
                    "Give both for a platform of processes, or neither for one that needs nothing installed."
                ),
            )
        from linli.local.supervisor import Supervisor

        started = Supervisor.start(folder, port, amqp_uri=amqp_uri, database_url=database_url)
    else:
        from linli.local.embedded import Platform

        output.note(t("Starting PostgreSQL and four services in {home} ...", home=str(folder)))
        started = Platform.start(folder, port)
    with suppress(KeyboardInterrupt), started as platform:
        stay(output, folder, platform.url, platform.environ, platform.wait)


def stay(output: Output, home: Path, url: str, environ: dict[str, str], wait: Any) -> None:
    """Note where the platform is for the other commands, say so, and wait until it is told to stop."""
    from linli_contracts.manifest import api_services
    from linli.base.context import VARIABLES, write_state

    state: dict[str, Any] = {
        name: environ.get(variable, "") for name, variable in VARIABLES.items()
    }
    urls = {
        name: environ[variable]
        for name in api_services()
        if (variable := f"LINLI_{name.upper()}_URL") in environ
    }
    path = write_state(home, {"url": url, "urls": urls, **state})
    try:
        ready = {"url": url, "urls": urls, "home": str(home), "state": str(path)}
        output.result(ready, lambda console: _render(console, url, urls))
        wait()
    finally:
        path.unlink(missing_ok=True)
        output.note(t("Stopped."))


def _render(console: Console, url: str, urls: dict[str, str]) -> None:
    from linli_contracts.manifest import api_services

    console.print(f"[green]✓[/] {t('The platform is up: {url}', url=url)}")
    for service in api_services():
        console.print(f"  {urls.get(service, url)}/api/{service}/docs", style="cyan")
    console.print(
        t(
            "In another terminal, from this folder: linli status · import · report · events tail · token"
        )
    )
