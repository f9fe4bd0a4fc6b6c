"""Locating places: the index of this process, kept in step with the grids of the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from linli_chassis.process.offload import offload
from linli_kernel.errors import Invalid

from linli_grid.settings import Uow
from linli_grid.territory import tables
from linli_grid.territory.engine.index import GridIndex, LocatedGrid
from linli_grid.territory.engine.placing import HasCoordinates, Placement, place_many, place_one


class GridLocator:
    """Keeps the index of the current grids, and makes it anew when their version has changed.

    The version is a random UUID in the database, replaced with every change of a grid. A counter
    would not do: a change rolled back and another one could leave the same number behind.
    """

    def __init__(self) -> None:
        self._version: UUID | None = None
        self._index = GridIndex([])

    def index(self, version: UUID, load: Callable[[], Sequence[LocatedGrid]]) -> GridIndex:
        """The index of the grids at this version.

        Args:
            version: Read before the grids are, so that a change between the two is seen again next
                time.
            load: Reads all grids; called only when the version is another one than before.
        """
        if version == self._version:
            return self._index
        index = offload(GridIndex, load())
        # Meanwhile another worker may have made a newer one; that is noticed next time, by its
        # version.
        self._index, self._version = index, version
        return index


_locator = GridLocator()
"""The one of this process, whose index lasts from request to request."""


def locate(uow: Uow, given: HasCoordinates) -> Placement:
    """Place one thing, with its neighbours and warnings.

    Raises:
        Invalid: one coordinate without the other.
        FarOutside: further from every grid than a district reaches.
    """
    settings = uow.settings
    return place_one(
        _index(uow), given, border_m=settings.border_m, max_outside_km=settings.max_outside_km
    )


def locate_all(uow: Uow, given: Sequence[HasCoordinates]) -> list[Placement | Invalid]:
    """Place many things, without neighbours and warnings; instead of each that cannot be, why."""
    return offload(place_many, _index(uow), given, uow.settings.max_outside_km)


def _index(uow: Uow) -> GridIndex:
    """The index of the grids as they are now."""
    version = tables.current_version(uow.connection)
    return _locator.index(version, lambda: tables.located_grids(uow.connection))
