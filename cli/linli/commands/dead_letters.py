"""`linli events dead`: look at the events that no handler could take, replay or discard them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from linli.base.console import AsJson, Output, reports_failures
from linli.base.i18n import t
from linli.base.options import DatabaseUrl, parse_uuid
from linli.operations.dead_letters_view import (
    decision_dict,
    event_dict,
    render_dead,
    render_decisions,
    render_event,
    render_failing,
    whole_event_dict,
)

if TYPE_CHECKING:
    from linli_chassis.messaging.dead_letters import StoredEvent
    from sqlalchemy import Engine

    from linli.operations.session import Operations

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
@reports_failures
def list_dead(
    service: Service = None,
    limit: Limit = 100,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    with _operations(database_url) as operations:
        events = operations.dead(_known(service), limit)
    Output(as_json).result(
        [event_dict(event) for event in events], lambda console: render_dead(console, events)
    )


@reports_failures
def failing(
    service: Service = None,
    limit: Limit = 100,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List events that failed and will be tried again."""
    with _operations(database_url) as operations:
        events = operations.failing(_known(service), limit)
    Output(as_json).result(
        [event_dict(event) for event in events], lambda console: render_failing(console, events)
    )


@app.command(
    help=t(
        "Show one event that failed, "
        "with every attempt, its headers, its body and what was decided."
    )
)
@reports_failures
def show(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID")],
    service: Service = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    with _operations(database_url) as operations:
        events = _find(operations, event_id, _known(service))
        decisions = operations.decisions(service, MOST_AT_ONCE, events[0].event_id)
    output = Output(as_json)
    for event in events:
        own = [decision for decision in decisions if decision.service == event.service]
        output.result(
            whole_event_dict(event, own), partial(render_event, event=event, decisions=own)
        )


@app.command(help=t("Let dead events be handled again."))
@reports_failures
def replay(
    event_ids: Ids = None,
    service: Service = None,
    every: All = False,
    by: By = "operator",
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    from linli_chassis.messaging.dead_letters import replay as replay_events

    decide = partial(replay_events, by=by)
    done = _decide(decide, event_ids, service, every=every, database_url=database_url)
    Output(as_json).result(
        {"replayed": done},
        lambda console: console.print(t("{count} events are due again.", count=done)),
    )


@app.command(help=t("Give dead events up, with a reason that is kept."))
@reports_failures
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

    decide = partial(discard_events, by=by, reason=reason)
    done = _decide(decide, event_ids, service, every=every, database_url=database_url)
    Output(as_json).result(
        {"discarded": done},
        lambda console: console.print(t("{count} events discarded.", count=done)),
    )


@app.command(help=t("List who replayed and discarded what, when and why."))
@reports_failures
def decisions(
    service: Service = None,
    limit: Limit = 100,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    with _operations(database_url) as operations:
        decided = operations.decisions(_known(service), limit)
    Output(as_json).result(
        [decision_dict(decision) for decision in decided],
        lambda console: render_decisions(console, decided),
    )


def _operations(database_url: str | None) -> Operations:
    from linli.base.context import Context
    from linli.operations.session import Operations

    return Operations(Context.load(database_url=database_url))


def _known(service: str | None) -> str | None:
    from linli.commands.services import known_service

    return None if service is None else known_service(service)


def _decide(
    decide: Callable[[Engine, str, list[UUID]], int],
    event_ids: list[str] | None,
    service: str | None,
    *,
    every: bool,
    database_url: str | None,
) -> int:
    """How many dead events were decided on, in each service that has any of them."""
    with _operations(database_url) as operations:
        chosen = _chosen(operations, event_ids, service, every)
        return sum(decide(operations.engines[name], name, ids) for name, ids in chosen.items())


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
    if every:
        events = operations.dead(service, MOST_AT_ONCE)
    else:
        events = [
            event
            for event_id in ids or ()
            for event in _find(operations, event_id, service, only_dead=True)
        ]
    chosen: dict[str, list[UUID]] = {}
    for event in events:
        chosen.setdefault(event.service, []).append(event.event_id)
    return chosen


def _find(
    operations: Operations, event_id: str, service: str | None, only_dead: bool = False
) -> list[StoredEvent]:
    from linli.base.errors import Failure

    events = [
        event
        for event in operations.find_stored_event(parse_uuid(event_id), service)
        if event.state == "dead" or not only_dead
    ]
    if not events:
        raise Failure(
            t("Not among the dead events: {ids}", ids=event_id),
            t("`linli events dead list` shows the ids."),
        )
    return events
