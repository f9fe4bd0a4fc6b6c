from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_grid.geometry.engine.polygons import area_m2
from linli_grid.territory.engine.index import NONE, GridIndex, GridLocator, LocatedGrid
from shapely.geometry import Point, box

SIDE = 0.01


def grid(code, shape):
    return LocatedGrid(code, f"Grid {code}", area_m2(shape), shape.wkb)


def tiles(n=4, west=116.4, south=39.9):
    return [
        grid(
            f"{row}{column}",
            box(
                *(west + column * SIDE, south + row * SIDE),
                west + (column + 1) * SIDE,
                south + (row + 1) * SIDE,
            ),
        )
        for row in range(n)
        for column in range(n)
    ]


def located_grid(index, longitude, latitude):
    number = index.locate([longitude], [latitude])[0]
    return None if number == NONE else index.grids[number].grid_code


@given(st.floats(0.0001, 3.9999), st.floats(0.0001, 3.9999))
def test_a_place_is_found_in_the_tile_it_lies_in(x, y):
    index = GridIndex(tiles())
    expected = [
        g.grid_code
        for g in tiles()
        if box_of(g.grid_code).covers(Point(116.4 + x * SIDE, 39.9 + y * SIDE))
    ]
    assert located_grid(index, 116.4 + x * SIDE, 39.9 + y * SIDE) in expected


def box_of(code):
    row, column = map(int, code)
    return box(
        116.4 + column * SIDE,
        39.9 + row * SIDE,
        116.4 + (column + 1) * SIDE,
        39.9 + (row + 1) * SIDE,
    ).buffer(1e-9)


def test_many_places_are_found_at_once_as_each_alone():
    index = GridIndex(tiles())
    random = np.random.default_rng(7)
    longitudes, latitudes = 116.39 + random.random(500) * 0.06, 39.89 + random.random(500) * 0.06
    together = index.locate(longitudes, latitudes)
    assert (together == NONE).any()
    assert (together != NONE).any()
    assert together.tolist() == [
        index.locate([x], [y])[0] for x, y in zip(longitudes, latitudes, strict=True)
    ]


def test_where_grids_overlap_the_smallest_is_chosen_and_among_equals_the_lowest_code():
    large, small = grid("1", box(116, 39, 117, 40)), grid("2", box(116.4, 39.4, 116.6, 39.6))
    twin = grid("3", box(116.4, 39.4, 116.6, 39.6))
    for order in ([large, small, twin], [twin, small, large]):
        index = GridIndex(order)
        assert located_grid(index, 116.5, 39.5) == "2"
        assert located_grid(index, 116.1, 39.1) == "1"


def test_a_border_belongs_to_a_grid_on_every_replica_to_the_same():
    assert {
        located_grid(GridIndex(order), 116.41, 39.905) for order in (tiles(), tiles()[::-1])
    } == {"00"}


def test_neighbours_are_those_within_the_distance_nearest_first():
    index = GridIndex(tiles(2))
    east = 20 / 85_400  # degrees of longitude for about 20 m at this latitude
    near = [g.grid_code for g in index.near(116.41 - east, 39.905, 30)]
    assert near == ["00", "01"]
    assert [g.grid_code for g in index.near(116.41 - east, 39.905, 15)] == ["00"]
    assert index.near(116.5, 39.905, 30) == []


def test_the_distance_to_the_nearest_grid_is_in_metres():
    index = GridIndex([grid("1", box(116, 39, 117, 40))])
    inside, north = index.distance_m([116.5, 116.5], [39.5, 40.1])
    assert inside == 0
    assert north == pytest.approx(0.1 * 111_000, rel=0.005)


def test_without_grids_nothing_is_found_and_everything_is_far():
    index = GridIndex([])
    assert index.locate([116.4], [39.9]).tolist() == [NONE]
    assert index.near(116.4, 39.9, 1000) == []
    assert index.distance_m([116.4], [39.9]).tolist() == [float("inf")]
    assert index.locate([], []).tolist() == []


def test_the_index_is_made_anew_only_when_the_version_changed():
    locator, loads = GridLocator(), []

    def load():
        loads.append(1)
        return tiles(2)

    first = uuid4()
    assert locator.index(first, load) is locator.index(first, load)
    assert len(loads) == 1
    locator.index(uuid4(), load)
    assert len(loads) == 2
