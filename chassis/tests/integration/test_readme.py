"""The service that the README shows works."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from linli_contracts.events.grid.requests import RequestVerified
from linli_devkit.client import ServiceUnderTest
from linli_devkit.contracts.examples import example_event

README = Path(__file__).parents[2] / "README.md"


def test_the_service_of_the_readme_takes_in_answers_and_forgets(
    service: Callable[..., ServiceUnderTest],
) -> None:
    [program] = re.findall(
        r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    shown: dict[str, Any] = {"__name__": "shown"}
    exec(program, shown)  # noqa: S102  # a page of ours
    tally = service(shown["TallyService"])
    with tally.unit_of_work() as uow:
        uow.connection.execute(sa.text("CREATE TABLE tally (request_id uuid, at timestamptz)"))
    event = example_event(RequestVerified)
    tally.deliver(replace(event, time=datetime.now(UTC) - timedelta(days=2)))
    assert tally.get("/tally", role=None).json == {"count": 1}
    tally.fire("forget")
    assert tally.get("/tally", role=None).json == {"count": 0}
