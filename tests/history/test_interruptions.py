"""An import that is interrupted, or whose processes die, ends as one that was left alone."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest
from linli_devkit.processes import eventually

# Each process, and what shows that it is in the midst of this import: that this many rows are
# there.
MIDST = {
    "organization": "SELECT count(*) FROM grid.request",
    "organization relay": "SELECT count(*) FROM grid.request",
    "grid": "SELECT count(*) FROM grid.request",
    "grid relay": "SELECT count(*) FROM grid.outbox WHERE published_at IS NOT NULL",
    "service_desk": "SELECT count(*) FROM service_desk.case_file",
    "service_desk relay": "SELECT count(*) FROM service_desk.outbox WHERE published_at IS NOT NULL",
    "evaluation": "SELECT count(*) FROM evaluation.fact",
    "evaluation relay": "SELECT count(*) FROM evaluation.fact",
}


def test_an_import_stopped_by_ctrl_c_says_how_to_go_on_and_going_on_gives_the_same(
    city: Any, tmp_path: Path
) -> None:
    path, days = tmp_path / "stopped.csv", 400
    rows = city.write(path, 1685, days)
    before = city.platform.count(MIDST["grid"])
    with city.platform.start_linli(*city.command(path)) as running:
        eventually(lambda: city.platform.count(MIDST["grid"]) > before, seconds=60)
        running.send_signal(signal.SIGINT)
        _, notes = running.communicate(timeout=60)
    assert running.returncode == 130, notes
    assert "nothing is imported twice" in notes
    done = city.platform.count(MIDST["grid"]) - before
    assert 0 < done < 1685

    (line,) = re.findall(r"--from-line (\d+)", notes)
    rest = city.import_requests(path, "--from-line", line)
    # The batch that was on its way when it stopped may have arrived, then or since.
    assert rest["refused"] == 0
    assert rest["accepted"] <= 1685 - done
    assert city.platform.count(MIDST["grid"]) - before == 1685
    city.await_figures(rows, days)
    again = city.import_requests(path)
    assert (again["accepted"], again["unchanged"]) == (0, 1685)


@pytest.mark.parametrize("name", MIDST)
def test_an_import_during_which_a_process_is_killed_ends_as_without(
    city: Any, tmp_path: Path, name: str
) -> None:
    path, days = tmp_path / f"killed_{name.replace(' ', '_')}.csv", 410 + list(MIDST).index(name)
    rows = city.write(path, 600, days)
    child, before = city.platform.child(name), city.platform.count(MIDST[name])
    restarts, killed = child.restarts, child.process
    with city.platform.start_linli(*city.command(path), "--json") as running:
        eventually(lambda: city.platform.count(MIDST[name]) > before, seconds=60)
        killed.kill()
        out, notes = running.communicate(timeout=120)
    assert running.returncode == 0, notes
    assert '"refused": 0' in out
    city.platform.await_restart(name, restarts)
    city.await_figures(rows, days)
    city.platform.idle()
    assert city.platform.json("events", "dead", "list") == []
    assert repeated_events(city) == []


def repeated_events(city: Any) -> list[Any]:
    """Aggregates with a repeated event, though history has each once."""
    sql = """SELECT headers->>'ce-subject', type FROM {0}.outbox
        WHERE type !~ '(unmatched|region|resource|unit)'
             GROUP BY 1, 2 HAVING count(*) > 1"""
    return [
        row
        for service in ("grid", "service_desk")
        for row in city.platform.rows(sql.format(service))
    ]
