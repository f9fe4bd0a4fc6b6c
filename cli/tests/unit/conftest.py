"""What the unit tests share: a clean environment, English, and a mapping to change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

LOS_ANGELES: dict[str, Any] = {
    "source": "la311",
    "time_zone": "America/Los_Angeles",
    "time_format": "%m/%d/%y %H:%M",
    "columns": {
        "external_ref": "srnumber",
        "category": "requesttype",
        "status": "status",
        "channel": "requestsource",
        "registered_at": "createddate",
        "ended_at": "closeddate",
        "longitude": "longitude",
        "latitude": "latitude",
    },
    "fallbacks": {"ended_at": "updateddate"},
    "categories": {"Bulky Items": "environment.bulky_waste"},
    "channels": {"Call": "hotline"},
    "statuses": {
        "Closed": "closed",
        "Cancelled": {"outcome": "cancelled", "reason": "withdrawn"},
        "Pending": "open",
        "Referred Out": {"outcome": "cancelled", "reason": "referred_out"},
    },
}
HEADER = (
    "srnumber,requesttype,status,createddate,updateddate,closeddate,"
    "requestsource,latitude,longitude"
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("LINLI_", "LC_")) or name in ("LANG", "DATABASE_URL", "AMQP_URI"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LINLI_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def mapping_file(tmp_path: Path) -> Any:
    """Writes the mapping of Los Angeles with some keys changed; `None` removes a key."""

    def write(**changes: Any) -> Path:
        document = {
            name: value for name, value in {**LOS_ANGELES, **changes}.items() if value is not None
        }
        path = tmp_path / "mapping.yaml"
        path.write_text(
            yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        return path

    return write


@pytest.fixture
def requests_file(tmp_path: Path) -> Any:
    """Writes a CSV of requests with the header of Los Angeles."""

    def write(*rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
        path = tmp_path / "requests.csv"
        path.write_bytes("\n".join((header, *rows, "")).encode(encoding))
        return path

    return write
