"""`linli events dead`: look at the events that no handler could take, have them tried again, or
give them up.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from linli.base.console import AsJson, Output, framed
from linli.base.i18n import t
from linli.base.options import DatabaseUrl
from linli.operations.dead_letters_view import (
    as_dict,
    decision_dict,
    render_dead,
    render_decisions,
    render_failing,
    render_one,
    whole,
)

if TYPE_CHECKING:
    from linli_chassis.messaging.dead_letters import KeptEvent

    from linli.operations.operations import Operations

MOST_AT_ONCE = 100_000
app = typer.Typer(no_args_is_help=True)

Service = Annotated[str | None, typer.Option(help=t("Only this service."))]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help=t("At most so many of each service."))]
Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[EVENT_ID]...", help=t("Ids of dead events."))
]
All = Annotated[bool, typer.Option("--all", help=t("All dead events of the service."))]
By = Annotated[
    str,
    typer.Option(envvar="USER", show_envvar=False, help=t("Who decides so; kept with the event.")),
]


@app.command("list", help=t("List dead events with their errors."))
@framed
def list_dead(
    service: Service = None,
    limit: Limit = 100,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    with _operations(database_url) as operations:
        found = operations.dead(_known(service), limit)
    Output(as_json).result(
        [as_dict(one) for one in found], lambda console: render_dead(console, found)
    )


@framed
def failing(
    service: Service = None,
    limit: Limit = 100,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List events that failed and will be tried again."""
    with _operations(database_url) as operations:
        found = operations.failing(_known(service), limit)
    Output(as_json).result(
        [as_dict(one) for one in found], lambda console: render_failing(console, found)
    )


@app.command(
    help=t(
        "Show one event that failed, with every attempt, its headers, its body and what was decided."
    )
)
@framed
def show(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID")],
    service: Service = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    with _operations(database_url) as operations:
        found = _find(operations, event_id, _known(service))
        decided = operations.decisions(service, MOST_AT_ONCE, found[0].event_id)
    output = Output(as_json)
    for one in found:
        own = [decision for decision in decided if decision.service == one.service]
        output.result(whole(one, own), partial(render_one, one=one, decided=own))


@app.command(help=t("Let dead events be handled again."))
@framed
def replay(
    event_ids: Ids = None,
    service: Service = None,
    every: All = False,
    by: By = "operator",
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    from linli_chassis.messaging.dead_letters import replay as replay_events

    with _operations(database_url) as operations:
        chosen = _chosen(operations, event_ids, service, every)
        done = sum(
            replay_events(operations.engines[name], name, ids, by) for name, ids in chosen.items()
        )
    Output(as_json).result(
        {"replayed": done},
        lambda console: console.print(t("{count} events are due again.", count=done)),
    )


@app.command(help=t("Give dead events up, with a reason that is kept."))
@framed
def discard(
    reason: Annotated[str, typer.Option(help=t("Why they are not needed."))],
    event_ids: Ids = None,
    service: Service = None,
    every: All = False,
    by: By = "operator",
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    from linli_chassis.messaging.dead_letters import discard as discard_events

    with _operations(database_url) as operations:
        chosen = _chosen(operations, event_ids, service, every)
        done = sum(
            discard_events(operations.engines[name], name, ids, by, reason)
            for name, ids in chosen.items()
        )
    Output(as_json).result(
        {"discarded": done},
        lambda console: console.print(t("{count} events discarded.", count=done)),
    )


@app.command(help=t("List who replayed and discarded what, when and why."))
@framed
def decisions(
    service: Service = None,
    limit: Limit = 100,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    with _operations(database_url) as operations:
        found = operations.decisions(_known(service), limit)
    Output(as_json).result(
        [decision_dict(one) for one in found], lambda console: render_decisions(console, found)
    )


def _operations(database_url: str | None) -> Operations:
    from linli.base.context import Context
    from linli.operations.operations import Operations

    return Operations(Context.load(database_url=database_url))


def _known(service: str | None) -> str | None:
    from linli.commands.services import known_service

    return None if service is None else known_service(service)


def _chosen(
    operations: Operations, ids: list[str] | None, service: str | None, every: bool
) -> dict[str, list[UUID]]:
    """Ids of dead events by service."""
    from linli.base.errors import UsageFailure

    service = _known(service)
    if bool(ids) == every:
        raise UsageFailure(
            t("Name event ids, or say --all, but not both."),
            t("`linli events dead list` shows the ids."),
        )
    found = (
        operations.dead(service, MOST_AT_ONCE)
        if every
        else [one for i in ids or () for one in _find(operations, i, service, only_dead=True)]
    )
    chosen: dict[str, list[UUID]] = {}
    for one in found:
        chosen.setdefault(one.service, []).append(one.event_id)
    return chosen


def _find(
    operations: Operations, event_id: str, service: str | None, only_dead: bool = False
) -> list[KeptEvent]:
    from linli.base.errors import Failure, UsageFailure

    try:
        wanted = UUID(event_id)
    except ValueError:
        raise UsageFailure(t("{text} is no UUID", text=repr(event_id))) from None
    found = [
        one for one in operations.find_kept(wanted, service) if one.state == "dead" or not only_dead
    ]
    if not found:
        raise Failure(
            t("Not among the dead events: {ids}", ids=event_id),
            t("`linli events dead list` shows the ids."),
        )
    return found
