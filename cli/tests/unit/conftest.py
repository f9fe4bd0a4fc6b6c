"""What the unit tests share: English words, an environment of their own, and a mapping to change."""

from __future__ import annotations

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
    "channels": {"RequestContext": "hotline"},
    "statuses": {
        "Closed": "closed",
        "Cancelled": {"outcome": "cancelled", "reason": "withdrawn"},
        "Pending": "open",
        "Referred Out": {"outcome": "cancelled", "reason": "referred_out"},
    },
}
HEADER = "srnumber,requesttype,status,createddate,updateddate,closeddate,requestsource,latitude,longitude"
ROW = "1-1,Bulky Items,Closed,1/1/20 0:05,1/3/20 9:00,1/2/20 8:43,RequestContext,34.19,-118.49"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "LC_ALL",
        "LC_MESSAGES",
        "LANG",
        "LINLI_URL",
        "LINLI_HOME",
        "DATABASE_URL",
        "AMQP_URI",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("LINLI_DISTRICT", "LINLI_JWT_SECRET", "LINLI_GRID_URL"):
        monkeypatch.delenv(name, raising=False)
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
