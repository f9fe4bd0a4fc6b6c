"""`linli status`: what each service still has to send and to take in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from linli.base.console import AsJson, Output, print_hint, reports_failures
from linli.base.i18n import t
from linli.base.options import AmqpUri, DatabaseUrl

if TYPE_CHECKING:
    from linli_chassis.messaging.operations import ServiceStatus
    from rich.console import Console

    from linli.operations.session import Operations

POLL_SECONDS = 0.25
STATUS_FIELDS = (
    "service",
    "outbox_pending",
    "outbox_oldest_seconds",
    "inbox_due",
    "inbox_dead",
    "queue_depth",
)
WaitIdle = Annotated[
    float | None,
    typer.Option(
        "--wait-idle",
        min=0,
        metavar="SECONDS",
        help=t("Wait until nothing is on its way; fail after so long."),
    ),
]


@reports_failures
def status(
    wait_idle: WaitIdle = None,
    database_url: DatabaseUrl = None,
    amqp_uri: AmqpUri = None,
    as_json: AsJson = False,
) -> None:
    """Show outbox, inbox, dead events and queue of each service."""
    from linli.base.context import Context
    from linli.operations.session import Operations

    output = Output(as_json)
    with Operations(Context.load(database_url=database_url, amqp_uri=amqp_uri)) as operations:
        idle = True
        statuses = operations.statuses()
        if wait_idle is not None:
            idle, statuses = await_idle(operations, wait_idle, output)
    payload = {
        "services": [as_dict(one) for one in statuses],
        "idle": all(one.idle for one in statuses),
    }
    output.result(payload, lambda console: render(console, statuses))
    if not idle:
        output.note(t("Not idle after {seconds} s.", seconds=wait_idle), "red")
        raise typer.Exit(1)


def await_idle(
    operations: Operations, seconds: float, output: Output
) -> tuple[bool, list[ServiceStatus]]:
    """Look until two looks in a row find nothing pending between an outbox and an inbox."""
    deadline, quiet = time.monotonic() + seconds, 0
    with output.notes.status("") as spinner:
        while True:
            statuses = operations.statuses()
            waiting = sum(map(on_their_way, statuses)) or operations.undelivered()
            quiet = 0 if waiting else quiet + 1
            if quiet >= 2:
                return True, statuses
            if time.monotonic() > deadline:
                return False, statuses
            spinner.update(t("{count} events on their way", count=waiting))
            time.sleep(POLL_SECONDS)


def on_their_way(one: ServiceStatus) -> int:
    """Events of a service that are not sent or not handled yet; dead ones do not count."""
    return one.outbox_pending + one.inbox_due + (one.queue_depth or 0)


def as_dict(one: ServiceStatus) -> dict[str, Any]:
    return {name: getattr(one, name) for name in STATUS_FIELDS}


def render(console: Console, statuses: list[ServiceStatus]) -> None:
    """One line for each service."""
    from linli.base.tables import Column, count_column, print_table

    counts = (t("Outbox pending"), t("Oldest"), t("Inbox due"), t("Queue"), t("Dead"))
    columns = (Column(t("Service"), whole=True, style="bold"), *map(count_column, counts))
    rows = [
        (
            one.service,
            _count(one.outbox_pending, "yellow"),
            f"{one.outbox_oldest_seconds:.1f} s" if one.outbox_oldest_seconds else "–",
            _count(one.inbox_due, "yellow"),
            "–" if one.queue_depth is None else _count(one.queue_depth, "yellow"),
            _count(one.inbox_dead, "bold red"),
        )
        for one in statuses
    ]
    print_table(console, columns, rows, title=t("Events on their way"))
    if any(one.inbox_dead for one in statuses):
        print_hint(console, t("Dead events wait for you: linli events dead list"), style="red")


def _count(number: int, style: str) -> Text:
    return Text(f"{number:,}", style if number else "dim")
