"""The one way tables are drawn: as a grid where it fits, else one block of lines for each row.

Identifiers are never broken over lines, or nobody could copy them; so a table of events with ids
and errors does not fit into 80 cells. It is then drawn as psql draws it with `\\x auto`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.box import HEAVY_HEAD, Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

Cell = str | Text
"""Plain text, which is shown as it is, or text with its styles."""

NARROWEST = 12
"""The cells that a column of text keeps before the table is no longer drawn as a grid."""


@dataclass(frozen=True)
class Column:
    """A column.

    Args:
        whole: its values are never broken over lines: ids, counts, times.
        width: its cells, whatever its values are.
    """

    title: str
    whole: bool = False
    justify: Literal["left", "right"] = "left"
    style: str = ""
    width: int | None = None

    def least_cells(self, cells: Sequence[Cell]) -> int:
        """The cells it needs to be readable."""
        if self.width:
            return self.width
        lines = [line for cell in cells for line in str(cell).splitlines()]
        longest = max(map(cell_len, lines), default=0)
        if self.whole:
            return max(cell_len(self.title), longest)
        return max(*map(cell_len, self.title.split()), min(longest, NARROWEST), 1)


def count_column(title: str) -> Column:
    """A column of numbers."""
    return Column(title, whole=True, justify="right")


def id_column(title: str) -> Column:
    """A column of ids."""
    return Column(title, whole=True)


def table(
    columns: Sequence[Column | str],
    rows: Sequence[Sequence[Cell]],
    *,
    title: str | None = None,
    box: Box = HEAVY_HEAD,
    padding: tuple[int, int, int, int] = (0, 1, 0, 1),
) -> Table:
    """A grid of rows; columns of text are folded where they do not fit."""
    grid = Table(title=title, title_justify="left", box=box, padding=padding)
    declared = _declared(columns)
    for column, cells in zip(declared, _cells_by_column(declared, rows), strict=True):
        grid.add_column(
            column.title,
            justify=column.justify,
            style=column.style,
            overflow="fold",
            no_wrap=column.whole,
            width=column.width,
            min_width=column.least_cells(cells),
        )
    for row in rows:
        grid.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return grid


def print_table(
    console: Console,
    columns: Sequence[Column | str],
    rows: Sequence[Sequence[Cell]],
    *,
    title: str | None = None,
) -> None:
    """Draw rows as a grid where the console is wide enough for it, else as blocks of lines."""
    declared = _declared(columns)
    needed = 1 + sum(
        column.least_cells(cells) + 3  # padding and border
        for column, cells in zip(declared, _cells_by_column(declared, rows), strict=True)
    )
    if needed <= console.width:
        console.print(table(columns, rows, title=title))
        return
    if title:
        console.print(Text(title, style="italic"))
    for row in rows:
        _print_block(console, declared, row)


def _print_block(console: Console, columns: Sequence[Column], row: Sequence[Cell]) -> None:
    console.rule(style="dim")
    block = Table.grid(padding=(0, 2, 0, 0))
    block.add_column(style="dim", no_wrap=True)
    block.add_column(overflow="fold")
    for column, cell in zip(columns, row, strict=True):
        block.add_row(column.title, Text(cell) if isinstance(cell, str) else cell)
    console.print(block)


def _declared(columns: Sequence[Column | str]) -> list[Column]:
    return [Column(column) if isinstance(column, str) else column for column in columns]


def _cells_by_column(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    return [[row[number] for row in rows] for number in range(len(columns))]
