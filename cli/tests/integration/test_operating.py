from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import sqlalchemy as sa
from linli.base.context import read_state
from linli_devkit.platforms import InProcessPlatform

GRIDS = 4  # as many as the fixture imports
UNKNOWN = "0192f0c1-0000-7000-8000-000000000000"


def database(district: InProcessPlatform) -> sa.Engine:
    url = read_state(district.home)["database_url"]
    return sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg2"), poolclass=sa.NullPool
    )


def add_dead_event(district: InProcessPlatform, event_id: str) -> None:
    """Let evaluation have a dead event, as it would after its last try."""
    columns = "event_id, type, headers, body, state, attempts, error"
    values = (
        "CAST(:id AS uuid), 'linli.grid.grid_drawn.v9', '{}', :body, 'dead', 11, 'no such type'"
    )
    engine = database(district)
    with engine.begin() as connection:
        statement = f"INSERT INTO evaluation.inbox ({columns}) VALUES ({values})"  # noqa: S608
        connection.execute(sa.text(statement), {"id": event_id, "body": b'{"a": 1}'})
    engine.dispose()


def test_an_idle_platform_says_so(district: InProcessPlatform) -> None:
    answer = district.json("status", "--wait-idle", "30")
    assert answer["idle"] is True
    assert [one["service"] for one in answer["services"]] == [
        "organization",
        "grid",
        "service_desk",
        "evaluation",
    ]
    assert "Outbox pending" in district.linli("status").stdout


def test_events_can_be_followed_from_the_past(district: InProcessPlatform) -> None:
    arguments = (
        "events",
        "tail",
        "--since",
        "2020-01-01",
        "--type",
        "grid_drawn",
        "--count",
        str(GRIDS),
        "--json",
    )
    events = [json.loads(line) for line in district.linli(*arguments).stdout.splitlines()]
    assert {event["type"] for event in events} == {"linli.grid.grid_drawn.v1"}
    assert {event["data"]["households"] for event in events} == {300}


def test_dead_events_are_listed_shown_replayed_and_discarded(district: InProcessPlatform) -> None:
    assert district.json("events", "dead", "list") == []
    add_dead_event(district, UNKNOWN)
    (one,) = district.json("events", "dead", "list")
    assert (one["service"], one["event_id"], one["error"]) == (
        "evaluation",
        UNKNOWN,
        "no such type",
    )
    assert district.json("events", "dead", "show", UNKNOWN)["body"] == '{"a": 1}'
    assert "linli events dead list" in district.linli("status").stdout
    assert district.json(
        "events", "dead", "discard", UNKNOWN, "--reason", "a test", "--by", "me"
    ) == {"discarded": 1}
    assert district.json("events", "dead", "list") == []


def test_a_replayed_event_is_due_again(district: InProcessPlatform) -> None:
    other = UNKNOWN.replace("0192", "0193")
    add_dead_event(district, other)
    assert district.json("events", "dead", "replay", "--all", "--service", "evaluation") == {
        "replayed": 1
    }
    assert district.json("status", "--wait-idle", "30")["idle"]
    (again,) = district.json(
        "events", "dead", "list"
    )  # no handler can take it, so it is dead once more
    assert again["event_id"] == other
    district.json("events", "dead", "discard", "--all", "--reason", "a test")


def test_an_event_that_is_not_dead_is_reported(district: InProcessPlatform) -> None:
    answer = district.json("events", "dead", "show", UNKNOWN.replace("0192", "0194"), code=1)
    assert answer["error"].startswith("Not among the dead events")
    assert district.json("events", "dead", "show", "x", code=2)["error"] == "'x' is no UUID"
    assert district.json("events", "dead", "replay", code=2)["error"].startswith("Name event ids")


def test_scorecards_are_shown_as_table_json_and_csv(district: InProcessPlatform) -> None:
    scorecards = district.json("report", "--level", "community", "--period", "2020-03")
    assert scorecards["period"] == "2020-03"
    text = district.linli("report", "--level", "community", "--period", "2020-03", "--csv").stdout
    assert {row["subject"] for row in csv.DictReader(io.StringIO(text))} == {
        one["subject"] for one in scorecards["items"]
    }
    assert district.linli("report", "--level", "community", "--period", "2020-03").stdout


def test_a_period_that_is_none_is_refused_by_the_service_in_words(
    district: InProcessPlatform,
) -> None:
    answer = district.json("report", "--level", "community", "--period", "soon", code=1)
    assert answer["status"] == 422
    assert (
        district.json("report", "--level", "galaxy", "--period", "2020", code=2)["error"]
        == "There is no level 'galaxy'."
    )


def test_migrating_again_changes_nothing(district: InProcessPlatform) -> None:
    assert district.json("migrate")["migrated"] == [
        "organization",
        "grid",
        "service_desk",
        "evaluation",
    ]
    assert district.json("migrate", "service-desk")["migrated"] == ["service_desk"]
    assert "There is no service" in district.json("migrate", "portal", code=2)["error"]


def test_a_database_that_is_away_is_reported_in_words(
    district: InProcessPlatform, tmp_path: Path
) -> None:
    url = "postgresql://nobody@127.0.0.1:9/none"
    assert (
        "The database does not answer"
        in district.json("status", "--database-url", url, code=1)["error"]
    )


def test_an_event_that_was_sent_and_has_not_arrived_is_still_on_its_way(
    district: InProcessPlatform,
) -> None:
    district.linli("status", "--wait-idle", "30")
    engine = database(district)
    newest = (
        "SELECT event_id FROM grid.outbox WHERE type LIKE '%grid_drawn%' ORDER BY seq DESC LIMIT 1"
    )
    with engine.begin() as connection:
        lost = connection.execute(
            sa.text(f"DELETE FROM evaluation.inbox WHERE event_id = ({newest}) RETURNING event_id")  # noqa: S608
        ).scalar_one()
    district.linli("status", "--wait-idle", "1", code=1)
    with engine.begin() as connection:
        insert = (
            "INSERT INTO evaluation.inbox (event_id, type, state) "
            "VALUES (:id, 'linli.grid.grid_drawn.v1', 'handled')"
        )
        connection.execute(sa.text(insert), {"id": lost})
    engine.dispose()
    district.linli("status", "--wait-idle", "30")
