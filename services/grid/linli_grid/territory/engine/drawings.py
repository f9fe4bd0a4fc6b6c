"""Reading drawings within bounds of size, time and memory, whatever is drawn.

Small valid shapes are read in a thread. What is invalid or large goes into a process that is killed
at its deadline: repairing a shape that crosses itself everywhere would take hours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from linli_chassis.process.offload import (
    WorkerProcessEnded,
    WorkersBusy,
    run_in_process,
    run_in_thread,
)
from shapely import count_coordinates

from linli_grid.errors import BadGeometry, GeometryBusy
from linli_grid.geometry import (
    Area,
    Drawing,
    GeoJson,
    ReadArea,
    count_positions,
    measure,
    or_refusal,
    read_shape,
    repair_all,
)

_R = TypeVar("_R")

MAX_IMPORT_POSITIONS = 100_000
"""Of all polygons of an import together."""

GEOMETRY_SECONDS = 30.0
GEOMETRY_BYTES = 2**30
"""Of what is computed with polygons in a process of its own.

Comparing 5,000 grids takes one second of processor time and 110 MB.
"""

_SMALL_POSITIONS = 2_000
"""Whether a shape of this size is valid takes milliseconds at most."""


def read_drawings(drawings: Sequence[GeoJson]) -> list[Drawing]:
    """The area of each drawing; instead of each that cannot be used, why.

    Raises:
        GeometryBusy: other drawings take all that may be computed at once.
    """
    read = run_in_thread(_read_all, drawings)
    uncertain = [shape for shape in read if not isinstance(shape, Drawing)]
    repaired = iter(_repaired(uncertain) if uncertain else ())
    return [each if isinstance(each, Drawing) else next(repaired) for each in read]


def compute(work: Callable[..., _R], *args: object) -> _R:
    """Compute with polygons, within the bounds of time and memory.

    Raises:
        WorkerProcessEnded: they were not enough.
        GeometryBusy: other drawings take all that may be computed at once.
    """
    try:
        result: _R = run_in_process(
            f"{work.__module__}:{work.__name__}",
            *args,
            seconds=GEOMETRY_SECONDS,
            memory_bytes=GEOMETRY_BYTES,
        )
    except (WorkersBusy, MemoryError) as error:
        if isinstance(error, WorkersBusy):
            raise GeometryBusy from error
        raise WorkerProcessEnded(work.__name__) from error
    return result


def _repaired(shapes: Sequence[Area]) -> list[Drawing]:
    try:
        return compute(repair_all, shapes)
    except WorkerProcessEnded:
        return [_too_complex() for _ in shapes]


def _read_all(drawings: Sequence[GeoJson]) -> list[Drawing | Area]:
    read: list[Drawing | Area] = []
    positions = 0
    for drawing in drawings:
        positions += count_positions(drawing.get("coordinates"))
        within = positions <= MAX_IMPORT_POSITIONS
        read.append(or_refusal(_read, drawing) if within else _too_many())
    return read


def _read(drawing: GeoJson) -> ReadArea | Area:
    """The area of a small valid shape; any other shape as it is."""
    shape = read_shape(drawing)
    small = count_coordinates(shape) <= _SMALL_POSITIONS
    return measure(shape) if small and shape.is_valid else shape


def _too_many() -> BadGeometry:
    return BadGeometry(
        "The polygons up to this one have over {most} positions; import it apart.",
        pointer="/geometry",
        most=MAX_IMPORT_POSITIONS,
    )


def _too_complex() -> BadGeometry:
    return BadGeometry(
        "The invalid or very large polygons of this import could not be repaired within "
        "{seconds} s; draw this one again, or import it alone.",
        pointer="/geometry",
        seconds=f"{GEOMETRY_SECONDS:g}",
    )
