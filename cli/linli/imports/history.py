"""Historic requests of another system: a mapping makes a CSV row an item to import."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from linli.base.i18n import t
from linli.imports.mapping import RequestMapping, load_request_mapping
from linli.imports.mapping_schema import Status
from linli.imports.rows import CsvTable, RowRefused, Source
from linli.imports.times import BadTime, end_after, read_time, utc_text


def open_requests(path: Path, mapping_path: Path, encoding: str, from_line: int) -> Source:
    """Check mapping and header, then stream the rows.

    Raises:
        UsageFailure: the mapping or the header is wrong; nothing was read beyond the header.
    """
    from linli_contracts.fields import CHANNELS
    from linli_contracts.service_catalogue import load_service_items

    services = load_service_items(os.environ.get("LINLI_SERVICES_FILE"))
    mapping = load_request_mapping(mapping_path, tuple(services), CHANNELS)
    table = CsvTable(path, encoding, mapping.delimiter)
    mapping.check_columns(table.columns)
    reader = RequestReader(mapping, frozenset(services), frozenset(CHANNELS))
    return Source(table.size, table.rows(reader.item, from_line), {"source": mapping.source})


class RequestReader:
    """Reads rows by one mapping. A value that is one of our codes needs no entry in it."""

    def __init__(
        self, mapping: RequestMapping, services: frozenset[str], channels: frozenset[str]
    ) -> None:
        self.mapping = mapping
        self.services = services
        self.channels = channels

    def item(self, row: dict[str, str]) -> dict[str, Any]:
        """One item of the import. Raises `RowRefused` with the column at fault."""
        status = self._status(row)
        longitude, latitude = self._place(row)
        registered_at, ended_at = self._times(row, status)
        return {
            "external_ref": self._required(row, "external_ref"),
            "category": self._code(
                row, "category", self.mapping.categories, self.services, "categories"
            ),
            "channel": self._channel(row),
            "longitude": longitude,
            "latitude": latitude,
            "registered_at": registered_at,
            "outcome": status.outcome,
            "ended_at": ended_at,
            "reason": status.reason,
        }

    def _value(self, row: dict[str, str], key: str) -> str:
        value = row[self.mapping.columns[key]] if key in self.mapping.columns else ""
        if not value and key in self.mapping.fallbacks:
            return row[self.mapping.fallbacks[key]]
        return value

    def _column(self, key: str) -> str:
        return self.mapping.columns.get(key, key)

    def _required(self, row: dict[str, str], key: str) -> str:
        value = self._value(row, key)
        if not value:
            raise RowRefused(self._column(key), t("is empty"))
        return value

    def _code(
        self, row: dict[str, str], key: str, mapped: Any, own: frozenset[str], section: str
    ) -> str:
        value = self._required(row, key)
        if value in mapped:
            return str(mapped[value])
        if value in own:
            return value
        raise RowRefused(self._column(key), _unmapped(value, section))

    def _channel(self, row: dict[str, str]) -> str:
        if not self._value(row, "channel"):
            return "import"
        return self._code(row, "channel", self.mapping.channels, self.channels, "channels")

    def _status(self, row: dict[str, str]) -> Status:
        value = self._required(row, "status")
        try:
            return self.mapping.statuses[value]
        except KeyError:
            raise RowRefused(self._column("status"), _unmapped(value, "statuses")) from None

    def _times(self, row: dict[str, str], status: Status) -> tuple[str, str | None]:
        zone, written = self.mapping.time_zone, self.mapping.time_format
        try:
            registered = read_time(self._required(row, "registered_at"), written, zone)
        except BadTime as error:
            raise RowRefused(self._column("registered_at"), str(error)) from None
        if status.outcome == "open":
            return utc_text(registered), None
        try:
            ended = end_after(registered, read_time(self._required(row, "ended_at"), written, zone))
        except BadTime as error:
            raise RowRefused(self._column("ended_at"), str(error)) from None
        return utc_text(registered), utc_text(ended)

    def _place(self, row: dict[str, str]) -> tuple[float | None, float | None]:
        longitude, latitude = self._value(row, "longitude"), self._value(row, "latitude")
        if not longitude and not latitude:
            return None, None
        return self._degrees("longitude", longitude, 180), self._degrees("latitude", latitude, 90)

    def _degrees(self, key: str, text: str, largest: int) -> float:
        try:
            degrees = float(text)
        except ValueError:
            degrees = math.nan
        if not abs(degrees) <= largest:  # also true of nan
            reason = t(
                "{text} is not in degrees from -{largest} to {largest}",
                text=repr(text),
                largest=largest,
            )
            raise RowRefused(self._column(key), reason)
        return degrees


def _unmapped(value: str, section: str) -> str:
    return t(
        "{value} is not mapped; add it under `{section}` in the mapping",
        value=repr(value),
        section=section,
    )
