"""`linli webhooks`: events by HTTP POST, for systems that cannot speak AMQP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from linli.base.console import AsJson, Output, framed
from linli.base.i18n import t
from linli.base.options import AmqpUri, DatabaseUrl
from linli.commands.subscriber import Types, wanted_of

if TYPE_CHECKING:
    import sqlalchemy as sa
    from rich.console import Console

app = typer.Typer(no_args_is_help=True)

EndpointId = Annotated[str, typer.Argument(metavar="ENDPOINT_ID", help=t("Id of an endpoint."))]
AnyEndpoint = Annotated[
    str | None, typer.Argument(metavar="[ENDPOINT_ID]", help=t("Id of an endpoint."))
]
AllowHttp = Annotated[
    bool, typer.Option("--allow-http", help=t("Also without TLS: anybody on the way can read."))
]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private", help=t("Also addresses within your network and of this machine.")
    ),
]
State = Annotated[
    str | None, typer.Option(metavar="STATE", help=t("Only those pending, delivered or failed."))
]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help=t("At most so many."))]


@app.command(help=t("Run the process that delivers webhooks."))
@framed
def run(
    amqp_uri: AmqpUri = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    from linli_chassis.observability.logs import configure
    from linli_client.events import Refused
    from linli_webhooks import process
    from linli_webhooks.settings import webhook_settings

    from linli.base.context import Context
    from linli.base.errors import Failure

    settings = webhook_settings(Context.load(amqp_uri=amqp_uri, database_url=database_url))
    configure("webhooks", settings.log_level)
    try:
        process.run(settings)
    except Refused as error:
        hint = t("It subscribes as `webhooks`: linli subscriber add webhooks --types '*'")
        raise Failure(
            t("The broker does not let it subscribe: {reason}", reason=str(error)), hint
        ) from error


@app.command(help=t("Register an endpoint for events of these types."))
@framed
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help=t("Where events are posted to."))],
    types: Types,
    allow_http: AllowHttp = False,
    allow_private: AllowPrivate = False,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show the secret by which the other side verifies what it gets: it is shown this once."""
    from linli_webhooks.endpoints import register
    from linli_webhooks.settings import keyring

    from linli.base.context import Context

    context = Context.load(database_url=database_url)
    wanted, keys = wanted_of(types, context.need("district")), keyring(context)
    with _database(database_url) as connection:
        made = register(
            connection, keys, url, wanted, allow_http=allow_http, allow_private=allow_private
        )
    payload = {
        "endpoint_id": made.endpoint_id,
        "url": url,
        "types": list(wanted.patterns),
        "secret": made.secret,
    }
    Output(as_json).result(payload, lambda console: _render_added(console, payload))


@app.command("list", help=t("List the endpoints, and what waits for them."))
@framed
def list_all(database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    from linli_webhooks import store

    with _database(database_url) as connection:
        found, unreadable = store.endpoints(connection), store.count_unreadable(connection)
    payload = {"endpoints": found, "unreadable": unreadable}
    Output(as_json).result(payload, lambda console: _render_list(console, found, unreadable))


@app.command(help=t("Let an endpoint have everything that waits for it and what was given up."))
@framed
def enable(
    endpoint_id: EndpointId, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    from linli_webhooks import store

    wanted = _uuid(endpoint_id)
    with _database(database_url) as connection:
        _must(store.enable(connection, wanted), endpoint_id)
    Output(as_json).result(
        {"enabled": wanted}, lambda console: console.print(f"[green]✓[/] {t('Enabled.')}")
    )


@app.command(help=t("Forget an endpoint and what waits for it."))
@framed
def remove(
    endpoint_id: EndpointId, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    from linli_webhooks import store

    wanted = _uuid(endpoint_id)
    with _database(database_url) as connection:
        _must(store.remove(connection, wanted), endpoint_id)
    Output(as_json).result(
        {"removed": wanted}, lambda console: console.print(f"[green]✓[/] {t('Removed.')}")
    )


@app.command(help=t("List deliveries, newest first."))
@framed
def deliveries(
    endpoint_id: AnyEndpoint = None,
    state: State = None,
    limit: Limit = 50,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    from linli_webhooks import store

    from linli.base.errors import UsageFailure

    if state not in (None, "pending", "delivered", "failed"):
        raise UsageFailure(t("There is no state {state}.", state=repr(state)))
    wanted = _uuid(endpoint_id) if endpoint_id else None
    with _database(database_url) as connection:
        found = store.deliveries(connection, wanted, state, limit)
    Output(as_json).result(found, lambda console: _render_deliveries(console, found))


@contextmanager
def _database(database_url: str | None) -> Iterator[sa.Connection]:
    """A transaction on the schema, brought to its newest version first."""
    from linli_webhooks.database import engine_of, migrate

    from linli.base.context import Context

    url = Context.load(database_url=database_url).need("database_url")
    migrate(url)
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _uuid(text: str) -> UUID:
    from linli.base.errors import UsageFailure

    try:
        return UUID(text)
    except ValueError:
        raise UsageFailure(t("{text} is no UUID", text=repr(text))) from None


def _must(found: bool, endpoint_id: str) -> None:
    from linli.base.errors import Failure

    if not found:
        raise Failure(
            t("There is no endpoint {endpoint_id}.", endpoint_id=endpoint_id),
            t("`linli webhooks list` shows the ids."),
        )


def _render_added(console: Console, added: Mapping[str, Any]) -> None:
    console.print(
        f"[green]✓[/] {t('Hand the secret over, and keep it nowhere: it is shown this once.')}"
    )
    for title, value in (
        (t("Endpoint"), added["endpoint_id"]),
        (t("Address"), added["url"]),
        (t("Types"), ", ".join(added["types"])),
        (t("Secret"), added["secret"]),
    ):
        console.out(f"  {title}: {value}", highlight=False)
    console.print("→ docs/subscribing.md", style="dim")


def _render_list(console: Console, found: Sequence[Mapping[str, Any]], unreadable: int) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=t("Endpoints"), title_justify="left")
    for title in (
        t("Endpoint"),
        t("Address"),
        t("Types"),
        t("Waiting"),
        t("Given up"),
        t("Delivered"),
        t("State"),
    ):
        table.add_column(title, overflow="fold")
    for row in found:
        state = (
            t("enabled")
            if row["disabled_at"] is None
            else t("disabled: {reason}", reason=row["disabled_reason"])
        )
        counts = (str(row[name]) for name in ("pending", "failed", "delivered"))
        table.add_row(
            str(row["endpoint_id"]),
            escape(row["url"]),
            escape("\n".join(row["types"])),
            *counts,
            escape(state),
        )
    console.print(table if found else t("No endpoints."))
    if unreadable:
        console.print(
            t(
                "{count} events could not be read; see the table webhooks.unreadable.",
                count=unreadable,
            )
        )


def _render_deliveries(console: Console, found: Sequence[Mapping[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    if not found:
        console.print(t("No deliveries."))
        return
    table = Table(title=t("Deliveries"), title_justify="left")
    for title in (
        t("Event id"),
        t("Type"),
        t("State"),
        t("Attempts"),
        t("Next attempt"),
        t("Error"),
    ):
        table.add_column(title, overflow="fold")
    for row in found:
        due = (
            f"{row['next_attempt_at'].astimezone():%Y-%m-%d %H:%M:%S}"
            if row["state"] == "pending"
            else ""
        )
        error = row["last_error"] or (
            "" if row["state"] == "delivered" else str(row["last_status"] or "")
        )
        table.add_row(
            str(row["event_id"]),
            row["type"],
            row["state"],
            str(row["attempts"]),
            due,
            escape(error),
        )
    console.print(table)
