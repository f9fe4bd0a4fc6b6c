"""The options that several commands share, and what they hold."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from linli.base.errors import UsageFailure
from linli.base.i18n import t

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        help=t("Address of the platform; otherwise LINLI_URL, or the one `linli up` started here."),
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database-url", metavar="URL", help=t("PostgreSQL; otherwise DATABASE_URL.")),
]
AmqpUri = Annotated[
    str | None, typer.Option("--amqp-uri", metavar="URI", help=t("RabbitMQ; otherwise AMQP_URI."))
]
Home = Annotated[
    str | None,
    typer.Option(
        "--home", metavar="FOLDER", help=t("Where the platform keeps its data; otherwise ./.linli.")
    ),
]


def parse_uuid(text: str) -> UUID:
    """An id as given on the command line. Raises `UsageFailure`."""
    try:
        return UUID(text)
    except ValueError:
        raise UsageFailure(t("{text} is no UUID", text=repr(text))) from None
