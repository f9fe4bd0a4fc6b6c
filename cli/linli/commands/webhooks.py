"""`linli webhooks`: events by HTTP POST, for systems that cannot speak AMQP."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from linli.base.console import AsJson, Output, print_done, reports_failures
from linli.base.i18n import add_package, mark, t
from linli.base.options import AmqpUri, DatabaseUrl, parse_uuid
from linli.commands.subscriber import Types, wanted_of
from linli.operations.webhooks_view import (
    render_added,
    render_deliveries,
    render_endpoints,
)

if TYPE_CHECKING:
    import sqlalchemy as sa

    from linli.base.context import Context

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


HINTS = {
    "EndpointUrlRefused": mark("https://..., or http:// with --allow-http."),
    "PrivateAddress": mark("Allow addresses within your network with --allow-private."),
    "UnknownEndpoint": mark("`linli webhooks list` shows the ids."),
    "BrokerRequired": mark("Set AMQP_URI; the embedded platform has none."),
}
"""What to do next, by the error of the service."""


@app.command(help=t("Run the process that delivers webhooks."))
@reports_failures
def run(
    amqp_uri: AmqpUri = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,  # noqa: ARG001  # --json is everywhere; logs are JSON anyway
) -> None:
    from linli_webhooks import process

    from linli.base.context import Context

    context = Context.load(amqp_uri=amqp_uri, database_url=database_url)
    with _explained():
        process.run(_environ(context))


@app.command(help=t("Register an endpoint for events of these types."))
@reports_failures
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help=t("Where events are posted to."))],
    types: Types,
    allow_http: AllowHttp = False,
    allow_private: AllowPrivate = False,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show the secret by which the other side verifies what it gets: it is shown this once."""
    from linli_webhooks.endpoints import NewEndpoint, register
    from linli_webhooks.settings import keyring_of

    from linli.base.context import Context

    context = Context.load(database_url=database_url)
    patterns = wanted_of(types, context.need("district")).patterns
    keyring = keyring_of(_environ(context))
    endpoint = NewEndpoint(
        url=url, types=patterns, allow_http=allow_http, allow_private=allow_private
    )
    with _database(database_url) as connection:
        registered = register(connection, keyring, endpoint)
    payload = {
        "endpoint_id": registered.endpoint_id,
        "url": url,
        "types": list(patterns),
        "secret": registered.secret,
    }
    Output(as_json).result(payload, lambda console: render_added(console, payload))


@app.command("list", help=t("List the endpoints, and what waits for them."))
@reports_failures
def list_all(database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    from linli_webhooks.deliveries import count_unreadable
    from linli_webhooks.endpoints import endpoints

    with _database(database_url) as connection:
        listed, unreadable = endpoints(connection), count_unreadable(connection)
    payload = {"endpoints": [asdict(one) for one in listed], "unreadable": unreadable}
    Output(as_json).result(payload, lambda console: render_endpoints(console, listed, unreadable))


@app.command(help=t("Let an endpoint have everything that waits for it and what was given up."))
@reports_failures
def enable(
    endpoint_id: EndpointId, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    from linli_webhooks import endpoints

    wanted = parse_uuid(endpoint_id)
    with _database(database_url) as connection:
        endpoints.enable(connection, wanted)
    Output(as_json).result({"enabled": wanted}, lambda console: print_done(console, t("Enabled.")))


@app.command(help=t("Forget an endpoint and what waits for it."))
@reports_failures
def remove(
    endpoint_id: EndpointId, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    from linli_webhooks import endpoints

    wanted = parse_uuid(endpoint_id)
    with _database(database_url) as connection:
        endpoints.remove(connection, wanted)
    Output(as_json).result({"removed": wanted}, lambda console: print_done(console, t("Removed.")))


@app.command("deliveries", help=t("List deliveries, newest first."))
@reports_failures
def list_deliveries(
    endpoint_id: AnyEndpoint = None,
    state: State = None,
    limit: Limit = 50,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    from linli_webhooks.deliveries import deliveries

    from linli.base.errors import UsageFailure

    if state not in (None, "pending", "delivered", "failed"):
        raise UsageFailure(t("There is no state {state}.", state=repr(state)))
    wanted = parse_uuid(endpoint_id) if endpoint_id else None
    with _database(database_url) as connection:
        listed = deliveries(connection, wanted, state, limit)
    Output(as_json).result(
        [asdict(one) for one in listed], lambda console: render_deliveries(console, listed)
    )


@contextmanager
def _database(database_url: str | None) -> Iterator[sa.Connection]:
    """A transaction on the schema, migrated to its newest version first."""
    from linli_chassis.storage.database import migrate
    from linli_webhooks.tables import SCHEMA, engine_of

    from linli.base.context import Context

    url = Context.load(database_url=database_url).need("database_url")
    migrate(url, SCHEMA)
    engine = engine_of(url)
    try:
        with _explained(), engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _environ(context: Context) -> dict[str, str]:
    """The settings of the process: those of `linli up` beside it, the environment, the options."""
    from linli.base.context import VARIABLES
    from linli.local.secrets import existing_secrets

    environ = {name: value for name, value in os.environ.items() if value}
    values = {variable: str(getattr(context, name)) for name, variable in VARIABLES.items()}
    known = {variable: value for variable, value in values.items() if value}
    return {**existing_secrets(context.home), **environ, **known}


@contextmanager
def _explained() -> Iterator[None]:
    """Add to a refusal of the service what to do next with this command."""
    from linli_client import Refused
    from linli_webhooks.errors import WebhookError

    from linli.base.errors import Failure
    from linli.base.explain import as_failure

    add_package("linli_webhooks")
    try:
        yield
    except WebhookError as error:
        failure = as_failure(error)
        failure.hint = t(HINTS[type(error).__name__])
        raise failure from None
    except Refused as error:
        hint = t("It subscribes as `webhooks`: linli subscriber add webhooks --types '*'")
        raise Failure(
            t("The broker does not let it subscribe: {reason}", reason=str(error)), hint
        ) from error
