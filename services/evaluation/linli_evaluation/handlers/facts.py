"""Reading facts: one with its events, lists of them, and figures to check an import by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from linli_chassis.http import Principal, page
from linli_chassis.storage.unit_of_work import UnitOfWork

from linli_evaluation.domain.errors import NotFound
from linli_evaluation.domain.periods import start_of_day
from linli_evaluation.store import facts, names


def fact(uow: UnitOfWork, principal: Principal, request_id: UUID) -> dict[str, Any]:
    """A fact with the events it was folded from.

    Raises:
        NotFound: nothing is known of this request.
    """
    row = facts.find(uow.connection, request_id)
    if row is None:
        raise NotFound("Nothing is known of the request {request_id}.", request_id=request_id)
    principal.must_cover(row["grid_code"] or row["district_code"])
    events = facts.events_of(uow.connection, [request_id])[request_id]
    return {**row, "events": sorted(events, key=lambda event: (event.time, event.event_id))}


def list_facts(uow: UnitOfWork, principal: Principal, query: Mapping[str, Any]) -> dict[str, Any]:
    """A page of facts within the caller's region, by request id."""
    wanted = {name: value for name, value in query.items() if name not in ("limit", "after")}
    limit: int = query["limit"]
    rows = facts.listed(uow.connection, wanted, principal.region, query["after"], limit + 1)
    return page(rows, limit, key=lambda row: [row["request_id"]])


def figures(uow: UnitOfWork, principal: Principal, query: Mapping[str, Any]) -> dict[str, Any]:
    """Requests registered in a span of time, counted by subject and status, with the median hours
    to closing.
    """
    level, zone = query["level"], uow.settings.time_zone
    bounds = _moment(query["start"], zone), _moment(query["end"], zone)
    rows = facts.figures(uow.connection, level, principal.region, bounds)
    called = names.names(uow.connection, level)
    items = []
    for subject, group in groupby(rows, key=lambda row: row["subject"] and str(row["subject"])):
        whole, *statuses = group
        items.append(
            {**whole, "subject": subject, "name": called.get(subject), "statuses": statuses}
        )
    return {"level": level, "from": bounds[0], "to": bounds[1], "items": items}


def _moment(given: date | datetime | None, zone: ZoneInfo) -> datetime | None:
    if given is None or isinstance(given, datetime):
        return given
    return start_of_day(given, zone)
