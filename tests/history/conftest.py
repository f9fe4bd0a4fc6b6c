"""A real city as a made-up district on eight processes, with the requests of the CSV."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from linli_contracts.manifest import api_services
from linli_devkit.platforms import running_platform
from linli_devkit.postgres import PostgresServer
from linli_devkit.processes import eventually
from linli_devkit.rabbitmq import RabbitServer
from linli_devkit.running_platform import RunningPlatform

DATA = Path(__file__).parents[3] / "shared" / "data"
REQUESTS, NEIGHBOURHOODS = DATA / "la311_2020-01-01.csv", DATA / "la_neighbourhoods_2019.geojson"
MAPPINGS = Path(str(resources.files("linli_demo") / "sample" / "mappings"))
DAY = date(2020, 1, 1)
ZONE = ZoneInfo("America/Los_Angeles")
WRITTEN = "%m/%d/%y %H:%M"
STATUSES = {
    "Closed": ("closed", None),
    "Cancelled": ("cancelled", "withdrawn"),
    "Referred Out": ("cancelled", "referred_out"),
    "Pending": ("open", None),
}
MOMENTS = ("createddate", "updateddate", "closeddate")

Row = dict[str, str]
Figures = dict[str | None, dict[tuple[str, str | None] | None, tuple[int, float | None]]]
"""Subject (None outside grids) to status and reason (None: all) to cases and median hours."""


def moment(text: str) -> datetime:
    """A time of the CSV, in UTC."""
    return datetime.strptime(text, WRITTEN).replace(tzinfo=ZONE).astimezone(UTC)


def elapsed_hours(row: Row) -> float | None:
    """From created to closed; the last update stands for a closing date that is missing."""
    if row["status"] != "Closed":
        return None
    return (
        moment(row["closeddate"] or row["updateddate"]) - moment(row["createddate"])
    ).total_seconds() / 3600


def recorded(row: Row) -> tuple[str, str | None, datetime, datetime | None, datetime | None]:
    """A request in the CSV: status, reason, and when registered, closed and cancelled."""
    status, reason = STATUSES[row["status"]]
    ended_at = moment(row["closeddate"] or row["updateddate"])
    closed_at, cancelled_at = (
        ended_at if status == end else None for end in ("closed", "cancelled")
    )
    return status, reason, moment(row["createddate"]), closed_at, cancelled_at


def shifted(row: Row, days: int, prefix: str) -> Row:
    """The same request some days later, under a number of its own."""

    def later(text: str) -> str:
        return (
            (datetime.strptime(text, WRITTEN) + timedelta(days=days)).strftime(WRITTEN)  # noqa: DTZ007
            if text
            else ""
        )

    return {
        **row,
        "srnumber": f"{prefix}-{row['srnumber']}",
        **{name: later(row[name]) for name in MOMENTS},
    }


def original(number: str) -> str:
    """The number that a shifted request has in the CSV, such as 1-1523590121."""
    return "-".join(number.split("-")[-2:])


def figures_of(rows: Iterable[Row], subjects: Mapping[str, str | None]) -> Figures:
    """The expected `GET /figures`. `subjects` maps the number of a request to its place."""
    groups: dict[Any, dict[Any, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for key in (None, STATUSES[row["status"]]):
            groups[subjects[original(row["srnumber"])]][key].append(elapsed_hours(row))
    return {
        subject: {key: (len(hours), middle(hours)) for key, hours in statuses.items()}
        for subject, statuses in groups.items()
    }


def middle(hours: Sequence[float | None]) -> float | None:
    known = [value for value in hours if value is not None]
    return pytest.approx(median(known), abs=1e-6) if known else None


@dataclass
class City:
    """The platform with the city. `answers` are of the first imports; `grids` by row."""

    platform: RunningPlatform
    rows: list[Row]
    answers: dict[str, Any]
    grids: dict[str, str | None]
    requests: Path = REQUESTS
    neighbourhoods: Path = NEIGHBOURHOODS
    recorded = staticmethod(recorded)

    def import_regions(self) -> Any:
        return self.platform.json("import", "regions", str(MAPPINGS / "la_divisions.csv"))

    def import_neighbourhoods(self) -> Any:
        mapping = ("--mapping", str(MAPPINGS / "la_neighbourhoods.yaml"))
        return self.platform.json("import", "grids", str(NEIGHBOURHOODS), *mapping)

    def import_requests(self, path: Path, *more: str) -> Any:
        return self.platform.json(*self.command(path), *more)

    @staticmethod
    def command(path: Path) -> tuple[str, ...]:
        """What a person types to import requests."""
        return ("import", "requests", str(path), "--mapping", str(MAPPINGS / "la311.yaml"))

    def write(self, path: Path, count: int, days: int) -> list[Row]:
        """Write `count` more requests of the same kind, made `days` after those of the CSV."""
        rounds = range(-(-count // len(self.rows)))
        rows = [
            shifted(row, days + each, f"{path.stem}-{each}") for each in rounds for row in self.rows
        ][:count]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return rows

    def figures(self, days: int = 0, span: int = 1, level: str = "grid") -> Figures:
        """The figures of requests made `days` after those of the CSV, for a span of days."""
        first = DAY + timedelta(days=days)
        between = {"from": first.isoformat(), "to": (first + timedelta(days=span)).isoformat()}
        answer = self.platform.get("evaluation", "/figures", level=level, **between)
        return {item["subject"]: self._statuses(item) for item in answer["items"]}

    @staticmethod
    def _statuses(item: dict[str, Any]) -> dict[Any, Any]:
        by_status = {
            (one["status"], one["cancel_reason"]): (one["cases"], one["median_elapsed_hours"])
            for one in item["statuses"]
        }
        return {None: (item["cases"], item["median_elapsed_hours"]), **by_status}

    def expected(
        self, rows: Iterable[Row], subjects: Mapping[str, str | None] | None = None
    ) -> Figures:
        """What evaluation should compute from these rows, for their grids or for other subjects."""
        return figures_of(rows, self.grids if subjects is None else subjects)

    def await_figures(
        self, rows: Sequence[Row], days: int, span: int = 1, seconds: float = 90
    ) -> None:
        """Wait until evaluation's figures of these days are those of the rows; shows the diff."""
        expected = self.expected(rows)

        def as_expected() -> bool:
            return self.figures(days, span) == expected

        try:
            eventually(as_expected, seconds=seconds, every=0.3)
        except AssertionError:
            assert self.figures(days, span) == expected
            raise


@pytest.fixture(scope="session")
def city(
    rabbit: RabbitServer, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    """Divisions, neighbourhoods and the requests of a day, brought in by the command."""
    if not (REQUESTS.exists() and NEIGHBOURHOODS.exists()):
        pytest.skip(f"there is no data of a real city in {DATA}")
    amqp_uri, home = rabbit.vhost(), tmp_path_factory.mktemp("city")
    settings = {"LINLI_DISTRICT": "990101", "LINLI_TIME_ZONE": ZONE.key}
    with (
        postgres.database(api_services()) as database_url,
        running_platform(
            home, amqp_uri=amqp_uri, database_url=database_url, **settings
        ) as platform,
    ):
        yield furnished(platform)
    rabbit.drop_vhost(amqp_uri)


def furnished(platform: RunningPlatform) -> City:
    with REQUESTS.open(encoding="utf-8", newline="") as file:
        city = City(platform, list(csv.DictReader(file)), {}, {})
    city.answers["regions"] = city.import_regions()
    platform.idle()
    city.answers["grids"] = city.import_neighbourhoods()
    city.answers["requests"] = city.import_requests(REQUESTS)
    platform.idle()
    city.grids.update(
        {item["external_ref"]: item["grid_code"] for item in platform.pages("grid", "/requests")}
    )
    return city
