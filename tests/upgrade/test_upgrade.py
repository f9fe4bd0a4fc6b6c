"""A deployment of the previous commit is migrated: nothing is lost, scorecards are equal."""

from __future__ import annotations

import csv
import json
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from linli_contracts.service_catalogue import load_service_items
from linli_demo.district import sample_folder
from linli_devkit.people import People
from linli_devkit.platforms import running_platform
from linli_devkit.postgres import PostgresServer
from linli_devkit.processes import eventually
from linli_devkit.rabbitmq import RabbitServer
from linli_devkit.running_platform import RunningPlatform

from . import previous_release

pytestmark = [pytest.mark.upgrade, pytest.mark.timeout(900)]

PERIODS = ("2025", "2025-03", "2025-03-05")
LEVELS = ("grid", "community", "subdistrict", "district", "unit")
PENDING = 40
UNPUBLISHED = "SELECT count(*) FROM grid.outbox WHERE published_at IS NULL"
MAPPING = """
source: archive
time_zone: Asia/Shanghai
time_format: iso
columns: {external_ref: number, category: category, status: status, registered_at: registered,
          ended_at: ended, longitude: longitude, latitude: latitude}
statuses: {closed: closed, open: open}
"""
REQUEST = {
    "category": "elder_care.meal_delivery",
    "description": "想申请中午的助餐送餐。",
    "longitude": 116.417979,
    "latitude": 39.940146,
    "channel": "wechat",
}


@pytest.fixture(scope="module")
def previous() -> Iterator[Path]:
    if not previous_release.is_in_history():
        pytest.skip(f"commit {previous_release.COMMIT} is not in the history of this checkout")
    with tempfile.TemporaryDirectory(prefix="linli-previous-") as folder:
        yield previous_release.check_out(Path(folder))


def test_what_the_previous_release_left_pending_arrives_and_scorecards_stay_the_same(
    previous: Path, rabbit: RabbitServer, postgres: PostgresServer, tmp_path: Path
) -> None:
    amqp_uri = rabbit.vhost()
    with postgres.database([]) as database_url:
        servers = {"amqp_uri": amqp_uri, "database_url": database_url}
        with previous_release.platform_of(previous, tmp_path / "home", **servers) as release:
            fill(release.platform, tmp_path)
            before = scorecards(release.platform)
            asked = leave_pending(release)
        secrets = (tmp_path / "home" / "secrets.json").read_bytes()
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "secrets.json").write_bytes(secrets)
        with running_platform(tmp_path / "new", **servers) as new:
            new.idle(120)
            arrived = "SELECT count(*) FROM evaluation.fact WHERE request_id = ANY(%s::uuid[])"
            assert new.count(arrived, asked) == PENDING
            assert new.json("events", "dead", "list") == []
            assert scorecards(new) == before
            revise(new)
    rabbit.drop_vhost(amqp_uri)


def leave_pending(release: previous_release.PreviousRelease) -> list[str]:
    """Register requests that evaluation has not taken in, some of them not even published."""
    old = release.platform
    release.signal(signal.SIGSTOP, "evaluation")
    asked = [People(old).ask(REQUEST).request_id for _ in range(PENDING // 2)]
    eventually(lambda: old.count(UNPUBLISHED) == 0)
    release.signal(signal.SIGSTOP, "relay")
    asked += [People(old).ask(REQUEST).request_id for _ in range(PENDING // 2)]
    assert old.count(UNPUBLISHED) == PENDING // 2
    release.kill()
    return asked


def fill(platform: RunningPlatform, folder: Path) -> None:
    """The sample district, a year of history, a case through all its steps, and a closed month."""
    sample = sample_folder()
    for kind in ("regions:divisions.csv", "units:units.csv", "resources:resources.csv"):
        name, _, file = kind.partition(":")
        platform.linli("import", name, str(sample / file))
    platform.idle()
    for kind in ("boundaries:boundaries.geojson", "grids:grids.geojson", "workers:workers.csv"):
        name, _, file = kind.partition(":")
        platform.linli("import", name, str(sample / file))
    platform.idle()
    categories = ", ".join(f"{code}: {code}" for code in load_service_items())
    text = f"{MAPPING}categories: {{{categories}}}\n"
    (folder / "mapping.yaml").write_text(text, encoding="utf-8")
    history(folder / "history.csv", sample / "requests.csv")
    mapping = str(folder / "mapping.yaml")
    platform.linli("import", "requests", str(folder / "history.csv"), "--mapping", mapping)
    People(platform).walk(REQUEST)
    platform.idle()
    platform.post("evaluation", "/periods/2025-03/close", {})
    platform.idle()


def history(path: Path, sample: Path) -> None:
    """Requests of the sample as if they had been made and mostly closed in 2025."""
    with sample.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["longitude"]][:200]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["number", "category", "status", "registered", "ended", "longitude", "latitude"]
        )
        for place, row in enumerate(rows):
            month, day, hour = place % 12 + 1, place % 28 + 1, place % 9 + 8
            begun = f"2025-{month:02}-{day:02}T{hour:02}:00:00"
            ended = f"2025-{month:02}-{day:02}T{hour + 5:02}:30:00" if place % 7 else ""
            status = "closed" if ended else "open"
            where = (row["longitude"], row["latitude"])
            writer.writerow([row["key"], row["category"], status, begun, ended, *where])


def scorecards(platform: RunningPlatform) -> str:
    """The scorecards of closed and open periods on all levels, and the figures, as one text."""
    summary: dict[str, Any] = {
        f"{level} {period}": platform.get("evaluation", "/scorecards", level=level, period=period)
        for level in LEVELS
        for period in PERIODS
    }
    for page in summary.values():
        page.pop("next", None)  # which the release before has not
    return json.dumps(summary, sort_keys=True)


def revise(platform: RunningPlatform) -> None:
    """What was closed by the previous release can be revised, and nothing has changed in it."""
    closed = platform.get("evaluation", "/scorecards", level="district", period="2025-03")
    again = platform.post("evaluation", "/periods/2025-03/revise", {"reason": "after the upgrade"})
    assert again["revision"] == closed["revision"] + 1
    assert again["inputs_hash"] == closed["inputs_hash"]
    assert again["definitions_hash"] == closed["definitions_hash"]
