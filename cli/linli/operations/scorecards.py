"""Drawing scorecards as a table, with the names that evaluation gives its indicators and grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table

from linli.base.i18n import language, mark, t

BAR_CELLS = 6
GOOD, FAIR = 85.0, 70.0
SUBJECT_CELLS = 20
FIXED_CELLS = 50
WIDE = 100
LEVEL_CELLS = 11
TITLES = {
    "grid": mark("Scorecards of grids"),
    "community": mark("Scorecards of communities"),
    "subdistrict": mark("Scorecards of sub-districts"),
    "district": mark("Scorecard of the district"),
    "unit": mark("Scorecards of units"),
}


class Definitions:
    """The names, kinds and weights of indicators and grades, as `GET /indicators` answers them."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self._names = {
            one["code"]: one[language()] for key in ("indicators", "grades") for one in answer[key]
        }
        self._ratios = {one["code"] for one in answer["indicators"] if one["kind"] == "ratio"}
        self._weights = {one["code"]: one["weight"] for one in answer["indicators"]}

    def name(self, code: str) -> str:
        return str(self._names.get(code, code.replace("_", " ")))

    def is_ratio(self, code: str) -> bool:
        return code in self._ratios

    def weight(self, code: str) -> float:
        """Its part in the score; more weight is shown first."""
        return float(self._weights.get(code) or 0)


def scorecard_table(
    scorecards: Mapping[str, Any], definitions: Definitions, width: int, limit: int | None = None
) -> Table:
    """Subjects by rank; as many indicators as fit into `width` cells, the weightiest first.

    The level reached has a column where there is room; the colour of the bar tells it as well.
    """
    items = scorecards["items"][:limit]
    title = t(TITLES.get(scorecards["level"], scorecards["level"]))
    table = Table(
        title=f"{title} · {scorecards['period']}",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("#", justify="right", style="dim", no_wrap=True)
    table.add_column(t("Subject"), style="bold", overflow="fold", width=SUBJECT_CELLS)
    table.add_column(t("Score"), no_wrap=True)
    wide = width >= WIDE
    if wide:
        table.add_column(t("Level"), no_wrap=True)
    table.add_column(t("Cases"), justify="right", no_wrap=True)
    codes = _fitting(items, definitions, width - FIXED_CELLS - wide * LEVEL_CELLS)
    for code in codes:
        table.add_column(
            definitions.name(code), justify="right", width=_cells(definitions.name(code))
        )
    for item in items:
        found = {one["code"]: one for one in item["indicators"]}
        table.add_row(
            *_head(item, definitions, wide),
            *(_cell(found.get(code), definitions) for code in codes),
        )
    return table


def _fitting(items: Sequence[Mapping[str, Any]], definitions: Definitions, width: int) -> list[str]:
    every = {one["code"] for item in items for one in item["indicators"]}
    known = {
        one["code"] for item in items for one in item["indicators"] if one.get("value") is not None
    }
    codes: list[str] = []
    for code in sorted(
        every, key=lambda code: (code not in known, -definitions.weight(code), code)
    ):
        width -= _cells(definitions.name(code)) + 2
        if width < 0:
            break
        codes.append(code)
    return codes


def _cells(name: str) -> int:
    """The cells a column needs: its longest word, which in Chinese may be broken, and a figure such
    as 100/100.
    """
    return max(7, min(12, max(map(cell_len, name.split()))))


def _head(item: Mapping[str, Any], definitions: Definitions, wide: bool) -> list[str]:
    rank = "–" if item.get("rank") is None else str(item["rank"])
    level = [definitions.name(item["level"]) if item.get("level") else "–"] if wide else []
    name = escape(item.get("name") or item["subject"])
    return [rank, name, score_bar(item.get("score")), *level, f"{item['cases']:,}"]


def score_bar(score: float | None) -> str:
    """A score of 100 points as number and bar; grey where too little is known."""
    if score is None:
        return f"[dim]{'–':>5} {'·' * BAR_CELLS}[/]"
    colour = "green" if score >= GOOD else "yellow" if score >= FAIR else "red"
    full = max(0, min(BAR_CELLS, round(score / 100 * BAR_CELLS)))
    return f"[{colour}]{score:5.1f} {'█' * full}[/][dim]{'░' * (BAR_CELLS - full)}[/]"


def _cell(one: Mapping[str, Any] | None, definitions: Definitions) -> str:
    """A ratio as percentage over numerator/denominator; anything else as number over how many were
    looked at.
    """
    if one is None:
        return "–"
    count, value = _number(one["denominator"]), one.get("value")
    if not definitions.is_ratio(one["code"]):
        return f"{_number(value)}\n[dim]n={count}[/]"
    shown = "–" if value is None else f"{value:.0%}"
    return f"{shown}\n[dim]{_number(one.get('numerator'))}/{count}[/]"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
