"""CSV files of regions, units, resources and workers, with the columns of our own formats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from linli.base.i18n import t
from linli.imports.rows import CsvTable, RowReader, RowRefused, Source


@dataclass(frozen=True)
class Table:
    """A CSV format: the columns it must have, and how a row is read."""

    columns: tuple[str, ...]
    read: RowReader

    def open(self, path: Path, encoding: str, from_line: int) -> Source:
        """Raises `UsageFailure` when columns are missing."""
        table = CsvTable(path, encoding)
        table.need(self.columns)
        return Source(table.size, table.rows(self.read, from_line))


def region(row: dict[str, str]) -> dict[str, Any]:
    return {"code": _text(row, "code"), "name": _text(row, "name")}


def unit(row: dict[str, str]) -> dict[str, Any]:
    return {
        column: _text(row, column) for column in ("external_ref", "name", "kind", "region_code")
    }


def resource(row: dict[str, str]) -> dict[str, Any]:
    """Lists are separated by `|`; `days` are ISO weekdays. Without hours it is always open."""
    hours = None
    if row.get("days") or row.get("opens") or row.get("closes"):
        days = [_whole({"days": day}, "days") for day in _list(row, "days")]
        hours = {"days": days, "opens": _text(row, "opens"), "closes": _text(row, "closes")}
    return {
        "external_ref": _text(row, "external_ref"),
        "unit_ref": _text(row, "unit_ref"),
        "services": _list(row, "services"),
        "capacity_per_day": _whole(row, "capacity_per_day"),
        "covers": _list(row, "covers"),
        "longitude": _degrees(row, "longitude"),
        "latitude": _degrees(row, "latitude"),
        "hours": hours,
        "languages": _list(row, "languages"),
        "skills": _list(row, "skills"),
    }


def worker(row: dict[str, str]) -> dict[str, Any]:
    try:
        worker_id = str(UUID(_text(row, "worker_id")))
    except ValueError:
        raise RowRefused("worker_id", t("{text} is no UUID", text=repr(row["worker_id"]))) from None
    return {
        "worker_id": worker_id,
        "grid_code": _text(row, "grid_code"),
        "duty": _text(row, "duty"),
    }


REGIONS = Table(("code", "name"), region)
UNITS = Table(("external_ref", "name", "kind", "region_code"), unit)
RESOURCES = Table(("external_ref", "unit_ref", "services", "capacity_per_day", "covers"), resource)
WORKERS = Table(("worker_id", "grid_code", "duty"), worker)


def _text(row: dict[str, str], column: str) -> str:
    value = row.get(column, "")
    if not value:
        raise RowRefused(column, t("is empty"))
    return value


def _list(row: dict[str, str], column: str) -> list[str]:
    return [part.strip() for part in row.get(column, "").split("|") if part.strip()]


def _whole(row: dict[str, str], column: str) -> int:
    text = _text(row, column)
    try:
        return int(text)
    except ValueError:
        raise RowRefused(column, t("{text} is no whole number", text=repr(text))) from None


def _degrees(row: dict[str, str], column: str) -> float | None:
    text = row.get(column, "")
    try:
        return float(text) if text else None
    except ValueError:
        raise RowRefused(column, t("{text} is no number", text=repr(text))) from None
