"""`linli report`: the scorecards of a period, ranked."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linli.base.console import AsJson, Output, reports_failures
from linli.base.i18n import t
from linli.base.options import Url

if TYPE_CHECKING:
    from rich.console import Console

LEVELS = ("grid", "community", "subdistrict", "district", "unit")
Level = Annotated[str, typer.Option(help=t("grid, community, subdistrict, district or unit."))]
Period = Annotated[str, typer.Option(help=t("2026, 2026-Q4, 2026-11, 2026-W47 or 2026-11-22."))]
AsCsv = Annotated[
    bool,
    typer.Option("--csv", help=t("As CSV on stdout, one line for each subject and indicator.")),
]
CSV_COLUMNS = (
    "subject",
    "name",
    "rank",
    "score",
    "level",
    "cases",
    "indicator",
    "value",
    "numerator",
    "denominator",
    "points",
)


@reports_failures
def report(
    level: Level, period: Period, as_csv: AsCsv = False, url: Url = None, as_json: AsJson = False
) -> None:
    """Show the scorecards of one level and period."""
    from linli.base.client import client_of
    from linli.base.context import Context
    from linli.base.errors import UsageFailure

    if level not in LEVELS:
        raise UsageFailure(
            t("There is no level {name}.", name=repr(level)),
            t("Levels: {names}", names=", ".join(LEVELS)),
        )
    client = client_of(Context.load(url=url), patience_seconds=5)
    scorecards = client.get("evaluation", "/scorecards", level=level, period=period)
    if scorecards.get("next"):  # more than one page
        items = client.pages("evaluation", "/scorecards", level=level, period=period)
        scorecards = {**scorecards, "items": list(items), "next": None}
    output = Output(as_json)
    if as_csv and not as_json:
        output.out.file.write(to_csv(scorecards))
        return
    definitions = client.get("evaluation", "/indicators")
    output.result(scorecards, lambda console: render(console, scorecards, definitions))


def to_csv(scorecards: dict[str, Any]) -> str:
    """One line for each subject and indicator; a subject without indicators has one line."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for item in scorecards["items"]:
        head = [item.get(name) for name in CSV_COLUMNS[:6]]
        for indicator in item.get("indicators") or [{}]:
            tail = [
                indicator.get(name)
                for name in ("code", "value", "numerator", "denominator", "points")
            ]
            writer.writerow([*head, *tail])
    return text.getvalue()


def render(
    console: Console,
    scorecards: dict[str, Any],
    definitions: dict[str, Any],
    limit: int | None = None,
) -> None:
    """Rank, subject, score with a bar, level, and the main indicators with their counts."""
    from linli.operations.scorecards import Definitions, scorecard_table

    items = scorecards["items"]
    if not items:
        console.print(t("No facts in this period yet."), style="yellow")
        return
    console.print(scorecard_table(scorecards, Definitions(definitions), console.width, limit))
    if limit and len(items) > limit:
        console.print(t("and {count} more", count=len(items) - limit), style="dim")
    if all(item["score"] is None for item in items):
        console.print(
            t("Too little is known for a score; history without limits and ratings has none."),
            style="yellow",
        )
        console.print(
            t("Counts of cases and median hours: GET /api/evaluation/v1/figures"), style="yellow"
        )
    if scorecards["closed"]:
        console.print(
            t("Closed, revision {revision}.", revision=scorecards["revision"]), style="dim"
        )
    else:
        console.print(t("The period is open: figures still change."), style="dim")
