"""The platform that faults are tried on, and the table of what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from linli_devkit.running_platform import RunningPlatform

from .environment import FaultEnvironment, fault_environment
from .trial import Result

RESULTS = pytest.StashKey[list[Result]]()
COLUMNS = (
    "fault",
    "requests",
    "events",
    "lost",
    "duplicated",
    "unexpected",
    "slowest event in s",
    "slowest answer in s",
    "recovered in s",
    "turned away meanwhile",
)


def pytest_configure(config: pytest.Config) -> None:
    config.stash.setdefault(RESULTS, [])


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config) -> list[Result]:
    return pytestconfig.stash.setdefault(RESULTS, [])


@pytest.fixture(scope="session")
def environment(
    load_sample: Callable[[RunningPlatform], None], results: list[Result]
) -> Iterator[FaultEnvironment]:
    with fault_environment(load_sample, results) as new_environment:
        yield new_environment


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    results = config.stash.get(RESULTS, [])
    if not results:
        return
    rows = [
        COLUMNS,
        *(
            tuple(f"{v:.1f}" if isinstance(v, float) else str(v) for v in vars(each).values())
            for each in results
        ),
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    terminalreporter.section("faults")
    for row in rows:
        terminalreporter.write_line(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        )
