"""A bus of either kind, on a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from linli_devkit.bus_environment import SCHEMAS, Bus
from linli_devkit.client import ENVIRON


@pytest.fixture
def make_bus(
    database: Callable[[Sequence[str]], str], tmp_path: Path
) -> Iterator[Callable[..., Bus]]:
    with ExitStack() as stack:

        def make(**environ: str) -> Bus:
            url = database(SCHEMAS)
            bus = Bus(
                {**ENVIRON, "DATABASE_URL": url, "LINLI_HEARTBEAT_SECONDS": "4", **environ},
                tmp_path,
            )
            stack.callback(bus.close)
            return bus

        yield make
