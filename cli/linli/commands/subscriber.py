"""`linli subscriber`: the accounts of other systems that follow the district's events."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linli.base.console import AsJson, Output, print_done, print_handed_over, reports_failures
from linli.base.i18n import t
from linli.base.options import AmqpUri

if TYPE_CHECKING:
    from linli_client.events.names import Wanted
    from rich.console import Console

    from linli.base.context import Context
    from linli.deployment.management_api import Management
    from linli.deployment.subscriber_accounts import Listed

app = typer.Typer(no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help=t("A name of a-z, 0-9, - and _, such as city-hall."))
]
Types = Annotated[
    str,
    typer.Option(
        "--types",
        metavar="TYPES",
        help=t("Event types, comma-separated; `linli.grid.*`; `*` for all."),
    ),
]
ManagementUrl = Annotated[
    str | None,
    typer.Option(
        "--management-url",
        metavar="URL",
        envvar="LINLI_MANAGEMENT_URL",
        help=t(
            "The broker's management API, with an administrator; "
            "otherwise port 15672 of the broker's host."
        ),
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="URI",
        help=t("How the broker is reached from outside: amqps://host:port."),
    ),
]
Replace = Annotated[
    bool,
    typer.Option(
        "--replace", help=t("Give an account that is there these types and a new password.")
    ),
]


@app.command(help=t("Make an account that can read events of these types and nothing else."))
@reports_failures
def add(
    name: Name,
    types: Types,
    replace: Replace = False,
    address: Address = None,
    management_url: ManagementUrl = None,
    amqp_uri: AmqpUri = None,
    as_json: AsJson = False,
) -> None:
    """Show what to hand over, the password among it: it is shown this once."""
    from linli.base.errors import UsageFailure
    from linli.deployment import subscriber_accounts as accounts
    from linli.deployment.subscriber_rights import Account

    context, management = _broker(amqp_uri, management_url)
    try:
        account = Account(name, wanted_of(types, context.need("district")))
    except ValueError as error:
        raise UsageFailure(str(error)) from None
    password = accounts.add(management, account, replace=replace)
    handed_over = {
        "amqp_uri": accounts.uri_of(context.amqp_uri, account.user, password, address),
        "district": account.wanted.district,
        "name": name,
        "types": list(account.wanted.patterns),
        "keys": list(account.wanted.keys),
        "queue": next(iter(account.queues)),
        "log": account.log,
    }
    Output(as_json).result(handed_over, lambda console: _render_added(console, handed_over))


@app.command("list", help=t("List the subscribers of the district."))
@reports_failures
def list_all(
    management_url: ManagementUrl = None, amqp_uri: AmqpUri = None, as_json: AsJson = False
) -> None:
    from linli.deployment import subscriber_accounts as accounts

    context, management = _broker(amqp_uri, management_url)
    subscribers = accounts.listing(management, context.need("district"))
    Output(as_json).result(
        [asdict(one) for one in subscribers], lambda console: _render_list(console, subscribers)
    )


@app.command(help=t("Remove a subscriber: its account, its queues and what waits in them."))
@reports_failures
def remove(
    name: Name,
    management_url: ManagementUrl = None,
    amqp_uri: AmqpUri = None,
    as_json: AsJson = False,
) -> None:
    from linli.deployment import subscriber_accounts as accounts

    context, management = _broker(amqp_uri, management_url)
    accounts.remove(management, context.need("district"), name)
    words = t("{name} is gone, with all that waited for it.", name=name)
    Output(as_json).result({"removed": name}, lambda console: print_done(console, words))


def wanted_of(types: str, district: str) -> Wanted:
    """Types as given on the command line. Raises `UsageFailure`."""
    from linli_client.events.names import Wanted

    from linli.base.errors import UsageFailure

    try:
        return Wanted.of([one.strip() for one in types.split(",") if one.strip()], district)
    except ValueError as error:
        raise UsageFailure(str(error)) from None


def _broker(amqp_uri: str | None, management_url: str | None) -> tuple[Context, Management]:
    from linli.base.context import Context
    from linli.deployment.management_api import management_of

    context = Context.load(amqp_uri=amqp_uri)
    return context, management_of(context.need("amqp_uri"), management_url)


def _render_added(console: Console, added: dict[str, Any]) -> None:
    values = {
        t("Address"): added["amqp_uri"],
        t("District"): added["district"],
        t("Name"): added["name"],
        t("Types"): ", ".join(added["types"]),
        t("Keys to bind"): ", ".join(added["keys"]),
        t("Queue"): added["queue"],
        t("Log"): added["log"],
    }
    text = t("Hand this over, and keep it nowhere: the password is shown this once.")
    print_handed_over(console, text, values)


def _render_list(console: Console, subscribers: list[Listed]) -> None:
    from linli.base.tables import count_column, id_column, print_table

    if not subscribers:
        console.print(t("No subscribers."))
        return
    columns = (
        id_column(t("Name")),
        t("Types"),
        count_column(t("Waiting")),
        count_column(t("Connected")),
    )
    rows = [
        (one.name, "\n".join(one.types), _count(one.waiting), _count(one.consumers))
        for one in subscribers
    ]
    print_table(console, columns, rows, title=t("Subscribers"))


def _count(count: int | None) -> str:
    return "?" if count is None else str(count)
