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
class ReadOptions:
    """How a file is to be read. `from_line` skips lines (of a CSV) or features (of GeoJSON)."""

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
    open: Callable[[ReadOptions], Source]
    path: str = ""
    single: Callable[[Row], tuple[str, dict[str, object]]] | None = None


def _table(table: tables.Table) -> Callable[[ReadOptions], Source]:
    def open_table(options: ReadOptions) -> Source:
        return table.open(options.path, options.encoding, options.from_line)

    return open_table


def _grids(options: ReadOptions) -> Source:
    return geojson.open_grids(options.path, options.mapping, options.from_line)


def _boundaries(options: ReadOptions) -> Source:
    return geojson.open_boundaries(options.path, options.mapping, options.from_line)


def _requests(options: ReadOptions) -> Source:
    if options.mapping is None:
        raise UsageFailure(
            t("Importing requests needs a mapping file."),
            t("Give it with --mapping; it says which column is what. See docs for an example."),
        )
    return history.open_requests(options.path, options.mapping, options.encoding, options.from_line)


def _boundary(row: Row) -> tuple[str, dict[str, object]]:
    return f"/boundaries/{row.item['community_code']}", {"geometry": row.item["geometry"]}


def _worker(row: Row) -> tuple[str, dict[str, object]]:
    path = f"/grids/{row.item['grid_code']}/workers/{row.item['worker_id']}"
    return path, {"duty": row.item["duty"]}


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
