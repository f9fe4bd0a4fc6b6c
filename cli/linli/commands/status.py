"""`linli status`: what each service still has to send and to take in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linli.base.console import AsJson, Output, framed
from linli.base.i18n import t
from linli.base.options import AmqpUri, DatabaseUrl

if TYPE_CHECKING:
    from linli_chassis.messaging.operations import ServiceStatus
    from rich.console import Console

    from linli.operations.operations import Operations

LOOK_SECONDS = 0.25
WaitIdle = Annotated[
    float | None,
    typer.Option(
        "--wait-idle",
        min=0,
        metavar="SECONDS",
        help=t("Wait until nothing is on its way; fail after so long."),
    ),
]


@framed
def status(
    wait_idle: WaitIdle = None,
    database_url: DatabaseUrl = None,
    amqp_uri: AmqpUri = None,
    as_json: AsJson = False,
) -> None:
    """Show outbox, inbox, dead events and queue of each service."""
    from linli.base.context import Context
    from linli.operations.operations import Operations

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
    """Look until two looks in a row find nothing on its way, for an event may be between an outbox
    and an inbox.
    """
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
            time.sleep(LOOK_SECONDS)


def on_their_way(one: ServiceStatus) -> int:
    """Events of a service that are not sent or not handled yet; dead ones wait for a person and do
    not count.
    """
    return one.outbox_pending + one.inbox_due + (one.queue_depth or 0)


def as_dict(one: ServiceStatus) -> dict[str, Any]:
    names = (
        "service",
        "outbox_pending",
        "outbox_oldest_seconds",
        "inbox_due",
        "inbox_dead",
        "queue_depth",
    )
    return {name: getattr(one, name) for name in names}


def render(console: Console, statuses: list[ServiceStatus]) -> None:
    """One line for each service."""
    from rich.table import Table

    table = Table(title=t("Events on their way"), title_justify="left")
    table.add_column(t("Service"), style="bold")
    for title in (t("Outbox pending"), t("Oldest"), t("Inbox due"), t("Queue"), t("Dead")):
        table.add_column(title, justify="right")
    for one in statuses:
        table.add_row(
            one.service,
            _count(one.outbox_pending, "yellow"),
            f"{one.outbox_oldest_seconds:.1f} s" if one.outbox_oldest_seconds else "–",
            _count(one.inbox_due, "yellow"),
            "–" if one.queue_depth is None else _count(one.queue_depth, "yellow"),
            _count(one.inbox_dead, "bold red"),
        )
    console.print(table)
    if any(one.inbox_dead for one in statuses):
        console.print("→ " + t("Dead events wait for you: linli events dead list"), style="red")


def _count(number: int, style: str) -> str:
    return f"[{style}]{number:,}[/]" if number else "[dim]0[/]"
