"""The plans of the sample's requests: what each resident asks, and what everyone does about it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Rating:
    """The resident's feedback; `satisfaction` is 1 to 5, or None."""

    answered: bool
    solved: bool
    satisfaction: int | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One request and what becomes of it.

    `on_arrival` is verify, reject (with `reason`), resolve_on_spot or link (to the plan
    `original`); `provider` is accept, decline_once or return_once; `check` is pass or rework_once.
    """

    key: str
    request: dict[str, Any]
    on_arrival: str
    reason: str
    original: str
    provider: str
    check: str
    rating: Rating | None

    @property
    def by_worker(self) -> bool:
        """Whether a grid worker took the request down, rather than the resident."""
        return self.request["channel"] in ("patrol", "in_person")


def load_plans(path: Path) -> list[Plan]:
    """The plans of a requests.csv, in its order."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [read_plan(row) for row in csv.DictReader(file)]


def read_plan(row: dict[str, str]) -> Plan:
    """One plan. Raises `KeyError` for a missing column, `ValueError` for a number that is none."""
    return Plan(
        key=row["key"],
        request=_request(row),
        on_arrival=row["on_arrival"],
        reason=row["reason"],
        original=row["original"],
        provider=row["provider"],
        check=row["check"],
        rating=_rating(row),
    )


def _request(row: dict[str, str]) -> dict[str, Any]:
    request: dict[str, Any] = {name: row[name] for name in ("category", "description", "channel")}
    if row["longitude"]:
        request["longitude"], request["latitude"] = float(row["longitude"]), float(row["latitude"])
        request["coordinate_system"] = row["coordinate_system"] or "wgs84"
    return {**request, **_personal(row)} if row["consent"] == "true" else request


def _personal(row: dict[str, str]) -> dict[str, Any]:
    """What may be kept with the resident's consent only."""
    personal: dict[str, Any] = {"consent": True}
    if row["contact_name"]:
        personal["contact"] = {"name": row["contact_name"], "phone": row["contact_phone"]}
    groups = [group for group in row["groups"].split("|") if group]
    return {**personal, "groups": groups} if groups else personal


def _rating(row: dict[str, str]) -> Rating | None:
    if not row["rating_answered"]:
        return None
    satisfaction = row["rating_satisfaction"]
    return Rating(
        answered=row["rating_answered"] == "true",
        solved=row["rating_solved"] == "true",
        satisfaction=int(satisfaction) if satisfaction else None,
    )
