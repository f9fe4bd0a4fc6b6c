"""The kinds of things that can be imported: how a file is read, and how its rows are posted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from linli.base.errors import UsageFailure
from linli.base.i18n import t
from linli.imports import geojson, history, tables
from linli.imports.rows import Row, Source

UTF8 = "utf-8-sig"


@dataclass(frozen=True)
class Reading:
    """How a file is to be read. `from_line` skips what stands before that line (of a CSV) or
    feature (of GeoJSON).
    """

    path: Path
    mapping: Path | None = None
    encoding: str = UTF8
    from_line: int = 1


@dataclass(frozen=True)
class Kind:
    """One kind of import.

    `path` is the batch route, or for `single` kinds, which have no batch route, a function from a
    row to the path and the body of its PUT.
    """

    name: str
    service: str
    open: Callable[[Reading], Source]
    path: str = ""
    single: Callable[[Row], tuple[str, dict[str, object]]] | None = None


def _table(table: tables.Table) -> Callable[[Reading], Source]:
    def open_table(reading: Reading) -> Source:
        return table.open(reading.path, reading.encoding, reading.from_line)

    return open_table


def _grids(reading: Reading) -> Source:
    return geojson.open_grids(reading.path, reading.mapping, reading.from_line)


def _boundaries(reading: Reading) -> Source:
    return geojson.open_boundaries(reading.path, reading.mapping, reading.from_line)


def _requests(reading: Reading) -> Source:
    if reading.mapping is None:
        raise UsageFailure(
            t("Importing requests needs a mapping file."),
            t("Give it with --mapping; it says which column is what. See docs for an example."),
        )
    return history.open_requests(reading.path, reading.mapping, reading.encoding, reading.from_line)


def _boundary(row: Row) -> tuple[str, dict[str, object]]:
    return f"/boundaries/{row.item['community_code']}", {"geometry": row.item["geometry"]}


def _worker(row: Row) -> tuple[str, dict[str, object]]:
    return f"/grids/{row.item['grid_code']}/workers/{row.item['worker_id']}", {
        "duty": row.item["duty"]
    }


KINDS = {
    kind.name: kind
    for kind in (
        Kind("regions", "organization", _table(tables.REGIONS), "/regions/import"),
        Kind("units", "organization", _table(tables.UNITS), "/units/import"),
        Kind("resources", "organization", _table(tables.RESOURCES), "/resources/import"),
        Kind("grids", "grid", _grids, "/grids/import"),
        Kind("boundaries", "grid", _boundaries, single=_boundary),
        Kind("workers", "grid", _table(tables.WORKERS), single=_worker),
        Kind("requests", "grid", _requests, "/requests/import"),
    )
}
