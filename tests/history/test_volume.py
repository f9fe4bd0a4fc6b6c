"""As many requests as a city has in a week, brought in within minutes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

ROWS = 8000
DAYS, SPAN = 500, 5
LIMIT_SECONDS = 300


@pytest.mark.timeout(600)
def test_8000_requests_more_are_in_and_counted_within_five_minutes(
    city: Any, tmp_path: Path
) -> None:
    path = tmp_path / "week.csv"
    rows = city.write(path, ROWS, DAYS)
    began = time.monotonic()
    answer = city.import_requests(path)
    brought = time.monotonic() - began
    assert (answer["accepted"], answer["refused"]) == (ROWS, 0)
    city.await_figures(rows, DAYS, SPAN, seconds=LIMIT_SECONDS)
    counted = time.monotonic() - began
    print(f"{ROWS} rows in {brought:.1f} s ({ROWS / brought:.0f}/s), counted after {counted:.1f} s")  # noqa: T201
    assert counted < LIMIT_SECONDS
