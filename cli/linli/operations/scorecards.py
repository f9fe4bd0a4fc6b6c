"""Drawing scorecards as a table, with the names that evaluation gives its indicators and grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from linli.base.i18n import language, mark, t
from linli.base.tables import Cell, Column, count_column, table

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

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._names = {
            one["code"]: one[language()]
            for key in ("indicators", "grades")
            for one in document[key]
        }
        self._ratios = {one["code"] for one in document["indicators"] if one["kind"] == "ratio"}
        self._weights = {one["code"]: one["weight"] for one in document["indicators"]}

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
    wide = width >= WIDE
    codes = _fitting(items, definitions, width - FIXED_CELLS - wide * LEVEL_CELLS)
    columns = [
        Column("#", whole=True, justify="right", style="dim"),
        Column(t("Subject"), style="bold", width=SUBJECT_CELLS),
        Column(t("Score"), whole=True),
        *([Column(t("Level"), whole=True)] if wide else []),
        count_column(t("Cases")),
        *(_indicator_column(definitions.name(code)) for code in codes),
    ]
    rows = [_row(item, definitions, codes, wide) for item in items]
    title = f"{t(TITLES.get(scorecards['level'], scorecards['level']))} · {scorecards['period']}"
    return table(columns, rows, title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))


def _row(
    item: Mapping[str, Any], definitions: Definitions, codes: Sequence[str], wide: bool
) -> list[Cell]:
    values = {one["code"]: one for one in item["indicators"]}
    return [
        *_head(item, definitions, wide),
        *(_cell(values.get(code), definitions) for code in codes),
    ]


def _indicator_column(name: str) -> Column:
    return Column(name, justify="right", width=_cells(name))


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
    """The cells a column needs: its longest word (Chinese may be broken), and 100/100."""
    return max(7, min(12, max(map(cell_len, name.split()))))


def _head(item: Mapping[str, Any], definitions: Definitions, wide: bool) -> list[Cell]:
    rank = "–" if item.get("rank") is None else str(item["rank"])
    level = [definitions.name(item["level"]) if item.get("level") else "–"] if wide else []
    name = item.get("name") or item["subject"]
    return [rank, name, score_bar(item.get("score")), *level, f"{item['cases']:,}"]


def score_bar(score: float | None) -> Text:
    """A score of 100 points as number and bar; grey where too little is known."""
    if score is None:
        return Text(f"{'–':>5} {'·' * BAR_CELLS}", "dim")
    colour = "green" if score >= GOOD else "yellow" if score >= FAIR else "red"
    full = max(0, min(BAR_CELLS, round(score / 100 * BAR_CELLS)))
    empty = "░" * (BAR_CELLS - full)
    return Text.assemble((f"{score:5.1f} {'█' * full}", colour), (empty, "dim"))


def _cell(one: Mapping[str, Any] | None, definitions: Definitions) -> Cell:
    """A ratio as percentage over numerator/denominator; else a number over how many there were."""
    if one is None:
        return "–"
    count, value = _number(one["denominator"]), one.get("value")
    if not definitions.is_ratio(one["code"]):
        return Text.assemble(_number(value), (f"\nn={count}", "dim"))
    share = "–" if value is None else f"{value:.0%}"
    return Text.assemble(share, (f"\n{_number(one.get('numerator'))}/{count}", "dim"))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
