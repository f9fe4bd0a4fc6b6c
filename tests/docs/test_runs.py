"""The programs of the pages run as they stand, and print what the pages say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg2
import pytest
from linli_devkit.running_platform import RunningPlatform

from .pages import ROOT, Page, page, printed, script

SECONDS = 120
_VARYING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){4}\b"), "<code>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.]*(\+00:00|Z)?"), "<time>"),
    (re.compile(r"\d+\.\d+ s"), "<seconds>"),
    (re.compile(r"^(│ \w+ +│).*"), r"\1"),  # the counts of a service in `linli status`
)
_COSTS = re.compile(r"'cost': -?\d+")


@pytest.fixture
def surroundings(embedded: RunningPlatform) -> Mapping[str, str]:
    """What a person's shell has beside a running platform."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**embedded.command_environ(), "LINLI_URL": embedded.supervisor.url, "PATH": path}


@pytest.mark.parametrize("path", ["README.md", "README.zh.md"])
def test_a_request_is_walked_through_as_the_readme_says(
    path: str, surroundings: Mapping[str, str]
) -> None:
    run(page(path), "platform", ROOT, surroundings)


@pytest.mark.parametrize("path", ["docs/deploying.md", "docs/operating.md"])
def test_the_programs_of_a_guide_run(
    path: str, surroundings: Mapping[str, str], tmp_path: Path
) -> None:
    run(page(path), "an empty folder", tmp_path, surroundings)


def test_the_statements_of_the_page_for_operators_do_what_it_says(
    embedded: RunningPlatform,
) -> None:
    counted = "SELECT count(*) FROM evaluation.fact_event"
    embedded.idle()
    before = embedded.count(counted)
    connection = psycopg2.connect(embedded.environ["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        for block in page("docs/operating.md").blocks:
            if block.where == "sql":
                cursor.execute(block.text)
    connection.close()
    embedded.idle()
    assert embedded.count(counted) == before  # what was published again is known
    assert embedded.count("SELECT count(*) FROM grid.outbox WHERE published_at IS NULL") == 0


def run(shown: Page, where: str, folder: Path, environ: Mapping[str, str]) -> None:
    """Run the page's program and compare, in order, what the page shows with what it prints."""
    program = f"set -euo pipefail\n{script(shown, where)}"
    done = subprocess.run(  # noqa: S603  # a program of ours
        ["/bin/bash", "-c", program],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{shown.path}:\n{done.stdout}\n{done.stderr}"
    lines = iter(plain(done.stdout))
    for line in plain("\n".join(printed(shown, where))):
        assert line in lines, f"{shown.path} says it prints {line!r}; it printed\n{done.stdout}"


def plain(text: str) -> Iterator[str]:
    """The lines of a text without what differs from run to run."""
    for line in text.splitlines():
        for pattern, name in _VARYING:
            line = pattern.sub(name, line)
        yield _COSTS.sub("'cost': <n>", line).rstrip()
