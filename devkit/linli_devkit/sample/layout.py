"""The made-up map of the sample district: which cells make which grid of which community."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path

import linli_demo

from linli_devkit.sample.tiling import Cell, Lattice, Point, crooked_lattice, outline, split

HERE = Path(__file__).parent
"""What the sample is made from."""
SAMPLE = Path(linli_demo.__file__).parent / "sample" / "dongcheng"
DISTRICT = "110101"
SUBDISTRICT = "110101005"

BLOCKS_ACROSS = 5
COLUMNS_PER_BLOCK = 4
ROWS = 12
SOUTH_WEST = (116.4090, 39.9335)
CELL_METRES = (
    80.0,
    135.0,
)  # 20 x 12 cells: 2.6 square kilometres, about what the real sub-district has
ORDINALS = "一二三四五"


@dataclass(frozen=True)
class Grid:
    """One made-up grid; its cells hang together."""

    code: str
    name: str
    community: str
    cells: list[Cell]


@dataclass(frozen=True)
class Layout:
    """The communities of the sub-district by short name, and the grids on the lattice."""

    lattice: Lattice
    communities: dict[str, str]
    grids: list[Grid]

    def ring(self, cells: list[Cell]) -> list[Point]:
        """The closed ring around the cells of a grid, or of all grids of a community."""
        return outline(self.lattice, cells)

    def cells_of(self, community_code: str) -> list[Cell]:
        """All cells of a community."""
        return [
            cell for grid in self.grids if grid.community == community_code for cell in grid.cells
        ]

    def cells_under(self, region_code: str) -> list[Cell]:
        """All cells of the grids below a region."""
        return [
            cell for grid in self.grids if grid.code.startswith(region_code) for cell in grid.cells
        ]

    def region(self, name: str) -> str:
        """The code of `district`, `subdistrict` or of a community by its short name."""
        return {"district": DISTRICT, "subdistrict": SUBDISTRICT}.get(name) or self.communities[
            name
        ]

    def point_in(self, cell: Cell, rng: random.Random) -> Point:
        """Any point inside a cell, WGS-84, rounded to 6 decimals."""
        corner = rng.choice(self.lattice.ring(cell))
        centre = self.lattice.centre(cell)
        share = rng.uniform(0, 0.85)
        return (
            round(centre[0] + share * (corner[0] - centre[0]), 6),
            round(centre[1] + share * (corner[1] - centre[1]), 6),
        )


def draw(rng: random.Random) -> Layout:
    """Lay the communities out in two rows of blocks and cut each into 3 to 5 grids."""
    lattice = crooked_lattice(
        SOUTH_WEST, BLOCKS_ACROSS * COLUMNS_PER_BLOCK, ROWS, cell_metres=CELL_METRES, rng=rng
    )
    communities = read_communities()
    grids: list[Grid] = []
    blocks = _blocks(rng)
    for (name, code), (columns, rows) in zip(communities.items(), blocks, strict=True):
        for index, cells in enumerate(split(columns, rows, rng.randint(3, 5))):
            grids.append(
                Grid(f"{code}{index + 1:03d}", f"{name}第{ORDINALS[index]}网格", code, cells)
            )
    return Layout(lattice, communities, grids)


def read_communities() -> dict[str, str]:
    """Code by short name ("海运仓社区") of the communities in `divisions.csv`, which are real."""
    with (SAMPLE / "divisions.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["name"].removesuffix("居委会"): row["code"]
            for row in csv.DictReader(file)
            if len(row["code"]) == len(SUBDISTRICT) + 3 and row["code"].startswith(SUBDISTRICT)
        }


def _blocks(rng: random.Random) -> list[tuple[range, range]]:
    blocks: list[tuple[range, range]] = []
    for index in range(BLOCKS_ACROSS):
        columns = range(index * COLUMNS_PER_BLOCK, (index + 1) * COLUMNS_PER_BLOCK)
        border = rng.randint(
            ROWS // 2 - 1, ROWS // 2 + 1
        )  # so that the border between north and south has steps
        blocks += [(columns, range(border)), (columns, range(border, ROWS))]
    return blocks
