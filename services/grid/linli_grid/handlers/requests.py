"""Residents' requests: registering, following by code, reading."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.events.grid.requests import RequestRegistered
from linli_contracts.fields import coarse
from linli_contracts.service_catalogue import ServiceItem, services_of
from linli_kernel.tracking import digest_of, new_code

from linli_grid.domain.errors import NotFound, UnknownCategory
from linli_grid.domain.requests import REGISTERED, priority_of
from linli_grid.geometry import metres_per_degree
from linli_grid.handlers.places import Placed, Point, index_of, place_one
from linli_grid.locator import GridLocator
from linli_grid.store import requests as store

MOST_ALIKE = 20
"""How many possible duplicates are told: more than a grid worker looks through."""

_TOLD = (
    "request_id",
    "category",
    "channel",
    "priority",
    "location_status",
    "grid_code",
    "registered_at",
)


def register_request(
    uow: UnitOfWork, locator: GridLocator, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Take a resident's request in, find its grid, and give the code by which to follow it.

    Raises:
        UnknownCategory, Invalid, FarOutside: what was sent cannot be used.
    """
    entry = service_of(uow.settings, body["category"])
    placed = place_one(index_of(uow, locator), uow.settings, body)
    alike = _alike(uow, entry.code, placed.point) if placed.point else []
    code = new_code()
    row = _row(uow, entry, placed, body, digest_of(code))
    store.insert_request(uow.connection, row)
    uow.emit(RequestRegistered, row["request_id"], state_of(row))
    return {
        **row,
        "tracking_code": code,
        "grid_name": placed.grid.name if placed.grid else None,
        "neighbours": placed.neighbours,
        "possible_duplicates": alike,
        "warnings": placed.warnings,
    }


def follow_request(uow: UnitOfWork, code: str) -> dict[str, Any]:
    """What the holder of a tracking code may know: how far it is, and when."""
    row = store.find_by_digest(uow.connection, digest_of(code))
    if row is None:
        raise NotFound("No request has this tracking code.")
    return {**row, "category_name": service_name(uow.settings, row["category"])}


def service_of(settings: Any, category: str) -> ServiceItem:
    """The entry of the service catalogue. Raises `UnknownCategory`."""
    entry = services_of(settings.services_file).get(category)
    if entry is None:
        raise UnknownCategory(
            "The service catalogue has no {category}.",
            pointer="/category",
            category=category,
        )
    return entry


def service_name(settings: Any, category: str) -> ServiceItem | None:
    """The entry whose name is shown for a category; None when the catalogue has it no longer."""
    return services_of(settings.services_file).get(category)


def state_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What events tell of a request: codes, times and a coarse place."""
    known = row["longitude"] is not None
    place = coarse(row["longitude"], row["latitude"]) if known else None
    return {**{name: row[name] for name in _TOLD}, "place": place}


def _row(
    uow: UnitOfWork, entry: ServiceItem, placed: Placed, body: Mapping[str, Any], digest: str
) -> dict[str, Any]:
    request_id = uuid4()
    contact = body.get("contact")
    return {
        "request_id": request_id,
        "category": entry.code,
        "channel": body["channel"],
        # The groups decide the priority and are then forgotten: what a resident is, is not on file.
        "priority": priority_of(entry.code, entry.priority_for, body.get("groups") or ()),
        "status": REGISTERED,
        **placed.columns,
        "description": uow.keyring.encrypt(body["description"], str(request_id)),
        "contact": uow.keyring.encrypt(json.dumps(contact), str(request_id)) if contact else None,
        "photos": body.get("photos") or [],
        "tracking_digest": digest,
        "registered_at": uow.now,
        "updated_at": uow.now,
    }


def _alike(uow: UnitOfWork, category: str, point: Point) -> Sequence[UUID]:
    """Open requests of the same category, near in place and time, oldest first."""
    east, north = metres_per_degree(point[1])
    circle = {
        "longitude": point[0],
        "latitude": point[1],
        "radius": uow.settings.duplicate_radius_m,
        "metres_east": east,
        "metres_north": north,
    }
    around = timedelta(hours=uow.settings.duplicate_hours)
    return store.open_nearby(uow.connection, category, (uow.now, around), circle, MOST_ALIKE)
