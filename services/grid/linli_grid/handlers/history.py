"""Bringing the requests of an older system in, with the times they had there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from linli_chassis.http import import_response
from linli_chassis.process.offload import offload
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.events.grid.requests import RequestRegistered, RequestVerified
from linli_kernel.tracking import digest_of_nobody

from linli_grid.domain.errors import Invalid
from linli_grid.domain.requests import VERIFIED, history_id, priority_of
from linli_grid.handlers.answers import refused
from linli_grid.handlers.places import Placed, index_of, place_many
from linli_grid.handlers.requests import service_of, state_of
from linli_grid.locator import GridLocator
from linli_grid.store import requests as store

Items = Sequence[tuple[int, Mapping[str, Any]]]


def import_requests(
    uow: UnitOfWork, principal: Any, locator: GridLocator, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Keep those that are new and tell of them with their own times; the same ones again change
    nothing.
    """
    principal.must_cover(uow.district)
    items: Items = body["items"]
    places = offload(place_many, index_of(uow, locator), uow.settings, [item for _, item in items])
    bad = [*body["refused"]]
    rows: dict[UUID, tuple[dict[str, Any], Mapping[str, Any]]] = {}
    for (index, item), place in zip(items, places, strict=True):
        try:
            row = _row(uow, body["source"], item, place)
        except Invalid as error:
            bad.append(refused(index, error))
        else:
            rows.setdefault(
                row["request_id"], (row, item)
            )  # given twice in one batch, it is told once
    new = store.insert_history(uow.connection, [row for row, _ in rows.values()])
    for request_id in new:
        _tell(uow, *rows[request_id])
    return import_response(len(new), len(items) + len(body["refused"]) - len(bad) - len(new), bad)


def _row(
    uow: UnitOfWork, source: str, item: Mapping[str, Any], place: Placed | Invalid
) -> dict[str, Any]:
    if isinstance(place, Invalid):
        raise place
    entry = service_of(uow.settings, item["category"])
    _check_times(uow, item)
    return {
        "request_id": history_id(uow.district, source, item["external_ref"]),
        "source": source,
        "external_ref": item["external_ref"],
        "category": entry.code,
        "channel": item["channel"],
        "priority": priority_of(entry.code, entry.priority_for, ()),
        "status": VERIFIED,
        **place.columns,
        "tracking_digest": digest_of_nobody(),
        "recorded_outcome": item["outcome"],
        "registered_at": item["registered_at"],
        "updated_at": uow.now,
    }


def _check_times(uow: UnitOfWork, item: Mapping[str, Any]) -> None:
    for name in ("registered_at", "ended_at"):
        if item[name] is not None and item[name] > uow.now:
            raise Invalid("This time is in the future.", pointer=f"/{name}")
    if item["ended_at"] is not None and item["ended_at"] < item["registered_at"]:
        raise Invalid("It ended before it was registered.", pointer="/ended_at")


def _tell(uow: UnitOfWork, row: Mapping[str, Any], item: Mapping[str, Any]) -> None:
    state = state_of(row)
    recorded = {name: item[name] for name in ("outcome", "ended_at", "reason")}
    uow.emit(RequestRegistered, row["request_id"], state, time=row["registered_at"])
    verified = {**state, "tracking_digest": row["tracking_digest"], "recorded": recorded}
    uow.emit(RequestVerified, row["request_id"], verified, time=row["registered_at"])
