"""Facts as people see them: one with its events, lists, and figures to check an import by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from linli_chassis.http import Actor, Page, PageRequest, fetch_page, page
from linli_chassis.storage.records import equal_to, fetch_all, fetch_one
from linli_kernel.errors import NotFound

from linli_evaluation.calendar import start_of_day
from linli_evaluation.settings import Uow
from linli_evaluation.sources.domain import SubjectLevel
from linli_evaluation.sources.projections.tables import names_of
from linli_evaluation.sources.requests.domain import (
    CaseFact,
    Figures,
    OpenedFact,
    StatusFigure,
    SubjectFigures,
)
from linli_evaluation.sources.requests.tables import events_of, fact
from linli_evaluation.tables import Condition, Select


@dataclass(frozen=True, kw_only=True)
class FactsQuery(PageRequest):
    """Which facts to list; what is not given is not asked for."""

    grid_code: str | None = None
    community_code: str | None = None
    subdistrict_code: str | None = None
    status: str | None = None
    category: str | None = None
    unit_id: UUID | None = None
    imported: bool | None = None


_FILTERS = FactsQuery.__dataclass_fields__.keys() - {"limit", "after"}


@dataclass(frozen=True, kw_only=True)
class FiguresQuery(PageRequest):
    """Which requests to count: registered from `start` up to, not including, `end`."""

    level: SubjectLevel
    start: date | datetime | None
    end: date | datetime | None


def open_fact(uow: Uow, actor: Actor, request_id: UUID) -> OpenedFact:
    """A fact with the events it was folded from.

    Raises:
        NotFound: nothing is known of this request.
        ForeignRegion: it lies outside the region of the caller.
    """
    query = sa.select(fact).where(fact.c.request_id == request_id)
    opened = fetch_one(uow.connection, query, OpenedFact)
    if opened is None:
        raise NotFound("Nothing is known of the request {request_id}.", request_id=request_id)
    actor.must_cover(opened.grid_code or opened.district_code)
    events = events_of(uow.connection, [request_id])[request_id]
    return replace(opened, events=sorted(events, key=lambda event: (event.time, event.event_id)))


def list_facts(uow: Uow, actor: Actor, query: FactsQuery) -> Page[CaseFact]:
    """A page of facts within the region of the caller, by request id."""
    wanted = equal_to(fact, **{name: getattr(query, name) for name in _FILTERS})
    rows = sa.select(fact).where(*wanted, _within(actor.region))
    return fetch_page(uow.connection, rows, CaseFact, query, fact.c.request_id)


def count_figures(uow: Uow, actor: Actor, query: FiguresQuery) -> Figures:
    """Requests by subject and status, with the median hours from registering to closing."""
    zone = uow.settings.time_zone
    start, end = _moment(query.start, zone), _moment(query.end, zone)
    figures = _figures(query.level, actor.region, start, end)
    rows = fetch_all(uow.connection, _paged(figures, query), StatusFigure)
    names = names_of(uow.connection, query.level, {row.subject for row in rows if row.subject})
    items = []
    for subject, (total, *statuses) in groupby(rows, key=lambda row: row.subject):
        name = None if subject is None else names.get(subject)
        items.append(SubjectFigures(subject, name, total, statuses))
    shown = page(items, query, position=lambda each: [each.subject])
    return Figures(query.level, start, end, shown.items, shown.next)


def _within(region: str) -> Condition:
    """Whether a fact lies in a region; outside every grid it lies in the district alone."""
    place = sa.func.coalesce(fact.c.grid_code, fact.c.district_code)
    return place.startswith(region, autoescape=True)


def _figures(
    level: SubjectLevel, region: str, start: datetime | None, end: datetime | None
) -> Select:
    """Rows of `StatusFigure`: for each subject that of the whole subject, then one each status."""
    subject = sa.cast(fact.c.unit_id, sa.Text) if level == "unit" else fact.c[f"{level}_code"]
    hours = sa.func.percentile_cont(0.5).within_group(fact.c.elapsed_hours)
    times = [fact.c.registered_at >= start] if start else []
    times += [fact.c.registered_at < end] if end else []
    by_status = sa.tuple_(subject, fact.c.status, fact.c.cancel_reason)
    return (
        sa.select(
            subject.label("subject"),
            fact.c.status,
            fact.c.cancel_reason,
            (sa.func.grouping(fact.c.status) == 1).label("whole"),
            sa.func.count().label("cases"),
            hours.label("median_elapsed_hours"),
        )
        .where(_within(region), *times)
        .group_by(sa.func.grouping_sets(sa.tuple_(subject), by_status))
    )


def _paged(figures: Select, query: FiguresQuery) -> Select:
    """The figures of one subject more than asked for, in order; those of no subject come last."""
    each = figures.subquery("figures")
    subject = each.c.subject
    place = sa.func.dense_rank().over(order_by=subject.nulls_last())
    numbered = sa.select(*each.c, place.label("n"))
    if query.after:
        numbered = numbered.where(sa.or_(subject > query.after[0], subject.is_(None)))
    rows = numbered.subquery("numbered").c
    columns = [column for column in rows if column.name != "n"]
    return (
        sa.select(*columns)
        .where(rows.n <= query.limit + 1)
        .order_by(rows.n, rows.whole.desc(), rows.status, rows.cancel_reason)
    )


def _moment(value: date | datetime | None, zone: ZoneInfo) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return start_of_day(value, zone)
