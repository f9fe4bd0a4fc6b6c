"""`linli up`: the platform on this machine, embedded or as supervised processes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linli.base.console import AsJson, Output, print_done, reports_failures
from linli.base.context import home_of, noted_platform, service_urls
from linli.base.i18n import t
from linli.base.options import Home

if TYPE_CHECKING:
    from rich.console import Console

    from linli.local.supervisor import Supervisor

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


@reports_failures
def up(
    port: Port = 8000,
    home: Home = None,
    amqp_uri: GivenAmqpUri = None,
    database_url: GivenDatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Start the platform and keep it running until Ctrl-C or SIGTERM."""
    output = Output(as_json)
    folder = Path(home) if home else home_of()
    if amqp_uri or database_url:
        from linli.base.errors import UsageFailure

        if not (amqp_uri and database_url):
            raise UsageFailure(
                t("--amqp-uri and --database-url go together."),
                t(
                    "Give both for a platform of processes, "
                    "or neither for one that needs nothing installed."
                ),
            )
        from linli.local.supervisor import Supervisor

        started = Supervisor.start(folder, port, amqp_uri=amqp_uri, database_url=database_url)
    else:
        from linli.local.embedded import EmbeddedPlatform

        output.note(t("Starting PostgreSQL and four services in {home} ...", home=str(folder)))
        started = EmbeddedPlatform.start(folder, port)
    with suppress(KeyboardInterrupt), started as platform:
        stay(output, folder, platform)


def stay(output: Output, home: Path, platform: Supervisor) -> None:
    """Note where the platform is for the other commands, say so, and wait until it is stopped."""
    with noted_platform(home, platform.url, platform.environ) as state:
        url, urls = platform.url, service_urls(platform.environ)
        ready = {"url": url, "urls": urls, "home": str(home), "state": str(state)}
        output.result(ready, lambda console: _render(console, url, urls))
        try:
            platform.wait()
        finally:
            output.note(t("Stopped."))


def _render(console: Console, url: str, urls: dict[str, str]) -> None:
    from linli_contracts.manifest import api_services

    print_done(console, t("The platform is up: {url}", url=url))
    for service in api_services():
        console.print(f"  {urls.get(service, url)}/api/{service}/docs", style="cyan")
    console.print(
        t(
            "In another terminal, from this folder: "
            "linli status · import · report · events tail · token"
        )
    )
