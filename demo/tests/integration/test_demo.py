from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

LIMIT_SECONDS = 120


def linli(*arguments: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "linli", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=LIMIT_SECONDS,
        env={**clean, "LINLI_LANGUAGE": "en", "PYTHONUTF8": "1", **environ},
    )


def test_the_demonstration_ends_well_within_two_minutes(tmp_path: Path) -> None:
    result = linli("demo", "--json", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["ok"] is True
    assert [step["fact"] for step in answer["story"]][:4] == [
        "request_registered",
        "request_verified",
        "case_opened",
        "case_dispatched",
    ]
    assert answer["unmatched"]
    assert all(one["items"] for one in answer["scorecards"])
    assert list(tmp_path.iterdir()) == []


def test_help_waits_for_no_library_that_it_does_not_need() -> None:
    heavy = [
        "sqlalchemy",
        "nameko",
        "eventlet",
        "pika",
        "requests",
        "marshmallow",
        "shapely",
        "scipy",
    ]
    program = f"import sys, linli.app; print(*[name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    assert loaded.split() == []


def test_no_traceback_reaches_the_reader(tmp_path: Path) -> None:
    for arguments in (
        ["import", "regions", "nowhere.csv"],
        ["import", "grids", str(tmp_path)],
        ["status"],
        ["status", "--database-url", "nonsense"],
        ["report", "--level", "grid", "--period", "2026-11"],
        ["report", "--level", "grid", "--period", "2026-11", "--url", "nonsense"],
        ["events", "tail"],
        ["run", "nothing"],
        ["run", "grid"],
        ["relay", "grid"],
        ["token", "--role", "admin", "--region", "110101"],
        ["up", "--amqp-uri", "amqp://127.0.0.1:9"],
        ["nothing"],
    ):
        result = linli(*arguments, folder=tmp_path)
        assert result.returncode in (1, 2), (arguments, result.stderr)
        assert "Traceback" not in result.stdout + result.stderr, arguments
        assert "Unexpected" not in result.stderr, (arguments, result.stderr)
