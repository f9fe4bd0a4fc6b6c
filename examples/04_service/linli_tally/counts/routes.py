"""The feature's subscription, timer and route."""

from __future__ import annotations

from linli_chassis.http import Page, RequestContext, Scope, page_of, route
from linli_chassis.messaging.subscriptions import Event, subscribe
from linli_chassis.process.timers import every
from linli_contracts.events.grid.requests import RequestRegistered

from linli_tally.counts import commands, queries, schemas
from linli_tally.counts.domain import DailyCount
from linli_tally.counts.queries import CountsOfDay
from linli_tally.settings import Uow

READERS = ("grid_worker", "dispatcher", "evaluator")


class Counts:
    """Counting, publishing, and showing the counts."""

    @subscribe(RequestRegistered)
    def on_request_registered(self, uow: Uow, events: list[Event]) -> None:
        commands.count_requests(uow, [RequestRegistered.of(event) for event in events])

    @every(seconds=1)
    def publish_changes(self, uow: Uow) -> None:
        commands.publish_changes(uow)

    @route(
        "GET",
        "/counts",
        roles=READERS,
        scope=Scope.REGION,
        query=schemas.CountsQuery,
        response=page_of(schemas.DailyCountResponse),
        summary="List the counts of a day",
    )
    def list_counts(self, context: RequestContext[CountsOfDay]) -> Page[DailyCount]:
        """Those of the grids in the caller's region, by grid code."""
        return queries.list_counts(context.uow, context.actor, context.input)
