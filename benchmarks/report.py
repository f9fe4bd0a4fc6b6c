"""The table that people read and the JSON that is kept."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, Spread

_LIBRARIES = (
    "nameko",
    "eventlet",
    "kombu",
    "amqp",
    "pika",
    "SQLAlchemy",
    "psycopg2-binary",
    "marshmallow",
    "shapely",
)
_PEERS = ("fastapi", "uvicorn", "asyncpg", "dramatiq", "faststream", "celery")


def print_table(console: Console, figures: Iterable[Figure]) -> None:
    """One line for each figure: ours, raw, ratio or value, spread, target and verdict."""
    table = Table(title="Benchmarks: medians (lowest to highest)")
    for name in ("benchmark", "what", "ours", "raw loop", "judged", "target", ""):
        table.add_column(name, justify="left" if name in ("benchmark", "what") else "right")
    for figure in figures:
        sign = "≥" if figure.at_least else "≤"
        unit = "" if figure.raw else f" {figure.unit}"
        table.add_row(
            figure.benchmark,
            figure.what,
            f"{_plain(figure.ours.median)} {figure.unit}",
            f"{_plain(figure.raw.median)} {figure.unit}" if figure.raw else "",
            _with_spread(figure.judged),
            f"{sign} {_plain(figure.target)}{unit}",
            "[green]✓[/]" if figure.reached else "[red]✗[/]",
        )
    console.print(table)


def write_json(path: Path, figures: Sequence[Figure], settings: dict[str, Any]) -> None:
    """All measurements with what they were taken on."""
    document = {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": settings,
        "figures": [
            {**asdict(figure), "median": figure.judged.median, "reached": figure.reached}
            for figure in figures
        ],
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, str]:
    """What this runs on: processor, cores, system, and the versions that matter."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
        **{name: version(name) for name in _PEERS if find_spec(name)},
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _with_spread(spread: Spread) -> str:
    if len(spread.values) == 1:
        return _plain(spread.median)
    return f"{_plain(spread.median)} ({_plain(spread.low)}-{_plain(spread.high)})"


def _plain(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
