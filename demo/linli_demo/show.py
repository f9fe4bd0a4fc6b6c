"""The demonstration: a platform, its district, one story, all requests, scorecards, verdict."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from linli.base.client import client_of
from linli.base.console import Output
from linli.base.context import Context, home_of, noted_platform
from linli.base.errors import UsageFailure
from linli.base.i18n import mark, t
from linli.base.tables import count_column, table
from linli.commands.report import render as render_scorecards
from linli.local.supervisor import wait_for_interrupt
from linli.operations.session import Operations
from linli_contracts.manifest import api_services
from rich.box import SIMPLE_HEAD
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table

from linli_demo.actors import Actors, Play
from linli_demo.district import DemoPlatform, import_sample, sample_folder
from linli_demo.plan import load_plans
from linli_demo.play import Outcome, play_all
from linli_demo.story import StoryPrinter, play_story
from linli_demo.verdict import EVALUATOR, Finding, findings

UNITS_SHOWN = 12


def show(output: Output, *, keep: bool, port: int | None) -> bool:
    """Play the demonstration; whether everything arrived."""
    console, started = output.notes, time.monotonic()
    console.print(
        Panel(
            t(
                "Linli: from a resident's request to a score. "
                "All people, units and places shown are made up."
            ),
            expand=False,
        )
    )
    _chapter(output, 1, t("A platform starts: PostgreSQL and four services on this machine"))
    with _platform(keep, port) as (context, environ):
        console.print(
            f"  [green]✓[/] {context.url} [dim]{(time.monotonic() - started) * 1000:,.0f} ms[/]"
        )
        client = client_of(context, patience_seconds=10)
        with Operations(context) as operations:
            platform = DemoPlatform(context, client, operations, output, sample_folder())
            ok = _acts(platform, environ, started)
        if keep and ok:
            _stay(output, context, environ)
    return ok


def _acts(platform: DemoPlatform, environ: Mapping[str, str], started: float) -> bool:
    output = platform.output
    _chapter(output, 2, t("The sample district is imported"))
    import_sample(platform)
    plans = load_plans(platform.sample / "requests.csv")
    actors = Actors(platform.client, platform.sample / "workers.csv")
    _chapter(output, 3, t("The story of one request"))
    story, printer = play_story(platform, actors, plans[0])
    _chapter(output, 4, t("All {count} requests", count=len(plans)))
    plays = [story, *(Play(plan) for plan in plans[1:])]
    outcome = play_all(platform, actors, plays)
    platform.idle()
    scorecards = _scorecards(platform, environ)
    verdict = findings(platform, story, plays)
    seconds = time.monotonic() - started
    payload = _payload(printer, outcome, scorecards, verdict, seconds)
    if output.as_json:
        output.json(payload)
    else:
        definitions = platform.client.get("evaluation", "/indicators")
        _render(output, outcome, scorecards, definitions, verdict, seconds)
    return all(finding.ok for finding in verdict)


def _chapter(output: Output, number: int, title: str) -> None:
    output.notes.print(Rule(f"[bold]{number}  {title}[/]", align="left", style="blue"))


@contextmanager
def _platform(keep: bool, port: int | None) -> Iterator[tuple[Context, Mapping[str, str]]]:
    from linli.local.embedded import EmbeddedPlatform

    with tempfile.TemporaryDirectory(prefix="linli-demo-") as temporary:
        home = home_of() if keep else Path(temporary)
        if keep and home.exists() and any(home.iterdir()):
            raise UsageFailure(
                t("{path} holds the data of a platform already.", path=str(home)),
                t("Remove it, or point LINLI_HOME at another folder."),
            )
        with EmbeddedPlatform.start(home, port or free_port()) as started:
            environ = {**os.environ, **started.environ, "LINLI_HOME": str(home)}
            yield Context.load(url=started.url, environ=environ), environ


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _scorecards(platform: DemoPlatform, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    zone = ZoneInfo(environ.get("LINLI_TIME_ZONE") or "Asia/Shanghai")
    period = f"{datetime.now(zone):%Y-%m}"
    levels = ("community", "unit")
    return [
        platform.client.get(
            "evaluation", "/scorecards", caller=EVALUATOR, level=level, period=period
        )
        for level in levels
    ]


def _payload(
    printer: StoryPrinter,
    outcome: Outcome,
    scorecards: list[dict[str, Any]],
    verdict: list[Finding],
    seconds: float,
) -> dict[str, Any]:
    return {
        "seconds": round(seconds, 1),
        "story": [vars(step) for step in printer.steps],
        "acts": dict(Counter(act for play in outcome.plays for act in play.acts)),
        "unmatched": dict(Counter(case["service"] for case in outcome.unmatched)),
        "scorecards": scorecards,
        "findings": [vars(finding) for finding in verdict],
        "ok": all(finding.ok for finding in verdict),
    }


def _render(
    output: Output,
    outcome: Outcome,
    scorecards: list[dict[str, Any]],
    definitions: dict[str, Any],
    verdict: list[Finding],
    seconds: float,
) -> None:
    _chapter(output, 5, t("What evaluation makes of it"))
    for one in scorecards:
        render_scorecards(output.out, one, definitions, UNITS_SHOWN)
    if outcome.unmatched:
        output.out.print(_unmatched_table(outcome.unmatched))
    _chapter(output, 6, t("Did everything arrive?"))
    for finding in verdict:
        output.out.print(f"  {'[green]✓[/]' if finding.ok else '[red]✗[/]'} {finding.text}")
    output.out.print(f"  [dim]{t('{seconds} s in all', seconds=round(seconds, 1))}[/]")
    output.out.print(
        t(
            "Next: `linli up` starts a platform that stays; "
            "README.md shows how to bring in your own district."
        )
    )


UNMATCHED = {
    "no_service": mark("nobody offers it"),
    "no_coverage": mark("nobody offers it there"),
    "no_capacity": mark("all are fully taken"),
    "all_declined": mark("all declined"),
}


def _unmatched_table(unmatched: list[dict[str, Any]]) -> Table:
    """Needs that no resource could take, by service and reason: the needs list (需求清单)."""
    counts = Counter((case["service_name"], tuple(case["unmatched_reasons"])) for case in unmatched)
    rows = [
        (service, ", ".join(t(UNMATCHED.get(reason, reason)) for reason in reasons), str(count))
        for (service, reasons), count in counts.most_common()
    ]
    columns = (t("Service"), t("Reason"), count_column(t("Cases")))
    return table(columns, rows, title=t("Unmatched needs"), box=SIMPLE_HEAD)


def _stay(output: Output, context: Context, environ: Mapping[str, str]) -> None:
    with noted_platform(context.home, context.url, environ), suppress(KeyboardInterrupt):
        for service in api_services():
            output.out.print(f"  {context.url}/api/{service}/docs")
        output.out.print(
            t(
                "The platform stays up until Ctrl-C; "
                "`linli report`, `status` and `events tail` find it from here."
            )
        )
        wait_for_interrupt()
    output.note(t("Stopped."))
