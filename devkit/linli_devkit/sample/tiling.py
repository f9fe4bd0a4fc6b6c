"""Made-up grids that tile a made-up area exactly: cells of a crooked lattice, joined. No data files
here.

Every polygon is a union of whole cells of one lattice, so neighbours share the same vertices to the
last digit and neither a gap nor an overlap can arise.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass

Point = tuple[float, float]
"""Longitude and latitude in WGS-84 degrees."""
Cell = tuple[int, int]
"""Column from the west and row from the south."""

METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Lattice:
    """Corner points of `columns` x `rows` crooked cells; corner (0, 0) is in the south-west."""

    columns: int
    rows: int
    corners: dict[Cell, Point]

    def ring(self, cell: Cell) -> list[Point]:
        """The four corners of a cell, counter-clockwise, not closed."""
        column, row = cell
        return [self.corners[column + dx, row + dy] for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))]

    def centre(self, cell: Cell) -> Point:
        """The mean of a cell's corners, which lies inside it."""
        ring = self.ring(cell)
        return sum(x for x, _ in ring) / 4, sum(y for _, y in ring) / 4


def crooked_lattice(
    south_west: Point,
    columns: int,
    rows: int,
    *,
    cell_metres: tuple[float, float],
    rng: random.Random,
) -> Lattice:
    """A lattice whose corners are moved by up to a fifth of a cell, rounded to 6 decimals (about
    0.1 m).

    A fifth keeps every cell convex, so a point between its centre and a corner is inside it.
    """
    longitude, latitude = south_west
    width = cell_metres[0] / (METRES_PER_DEGREE * math.cos(math.radians(latitude)))
    height = cell_metres[1] / METRES_PER_DEGREE
    corners = {
        (column, row): (
            round(longitude + width * (column + rng.uniform(-0.2, 0.2)), 6),
            round(latitude + height * (row + rng.uniform(-0.2, 0.2)), 6),
        )
        for column in range(columns + 1)
        for row in range(rows + 1)
    }
    return Lattice(columns, rows, corners)


def outline(lattice: Lattice, cells: Iterable[Cell]) -> list[Point]:
    """The closed counter-clockwise ring around cells that hang together without a hole.

    Raises:
        ValueError: the cells do not form one piece.
    """
    walked = {edge for cell in cells for edge in _sides(lattice.ring(cell))}
    # An inner side is walked both ways, once by each of the two cells it parts.
    edges = {start: end for start, end in walked if (end, start) not in walked}
    first = min(edges)
    outline = [first]
    while edges:
        if outline[-1] not in edges:
            raise ValueError("the cells do not form one piece")
        outline.append(edges.pop(outline[-1]))
    return outline


def _sides(ring: list[Point]) -> list[tuple[Point, Point]]:
    return list(zip(ring, [*ring[1:], ring[0]], strict=True))


def split(columns: range, rows: range, parts: int) -> list[list[Cell]]:
    """Cut a block of cells into `parts` of similar size, across its longer side each time."""
    if parts == 1:
        return [[(column, row) for column in columns for row in rows]]
    first = parts // 2
    if len(columns) >= len(rows):
        cut = columns.start + round(len(columns) * first / parts)
        halves = [(range(columns.start, cut), rows), (range(cut, columns.stop), rows)]
    else:
        cut = rows.start + round(len(rows) * first / parts)
        halves = [(columns, range(rows.start, cut)), (columns, range(cut, rows.stop))]
    return split(*halves[0], first) + split(*halves[1], parts - first)
