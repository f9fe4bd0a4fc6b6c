import subprocess
import sys
from math import atanh, pi, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_grid.errors import BadGeometry
from linli_grid.geometry.domain import Repair
from linli_grid.geometry.engine.polygons import (
    MAX_POSITIONS,
    area_m2,
    count_positions,
    metres_per_degree,
    read_shape,
    repair,
)
from shapely.geometry import box


def read_area(geojson):
    return repair(read_shape(geojson))


def polygon(*rings):
    return {"type": "Polygon", "coordinates": [list(map(list, ring)) for ring in rings]}


def square(west, south, side, heights=False):
    z = (3.0,) if heights else ()
    corners = [
        (west, south),
        (west + side, south),
        (west + side, south + side),
        (west, south + side),
        (west, south),
    ]
    return [(*corner, *z) for corner in corners]


def zone_m2(west, south, east, north):
    """Exact area between two meridians and two parallels of WGS-84 (closed formula)."""
    a, e2 = 6378137.0, 6.69437999014e-3
    e = sqrt(e2)

    def q(latitude):
        s = sin(radians(latitude))
        return s / (1 - e2 * s * s) + atanh(e * s) / e

    return radians(east - west) * a * a * (1 - e2) / 2 * (q(north) - q(south))


@given(st.floats(-179, 178), st.floats(-70, 69), st.floats(0.001, 0.09))
def test_the_area_of_a_grid_is_right_to_a_millionth(west, south, side):
    exact = zone_m2(west, south, west + side, south + side)
    assert area_m2(box(west, south, west + side, south + side)) == pytest.approx(exact, rel=2e-6)


def test_the_area_of_a_hundred_kilometres_is_right_to_a_ten_thousandth():
    assert area_m2(box(116, 39, 117, 40)) == pytest.approx(zone_m2(116, 39, 117, 40), rel=1e-4)


def test_a_degree_has_its_known_length_at_the_equator_and_at_the_pole():
    assert metres_per_degree(0) == pytest.approx((111_319.49, 110_574.28), abs=0.02)
    assert metres_per_degree(90) == pytest.approx((0.0, 111_693.98), abs=0.02)
    assert metres_per_degree(0)[0] == pytest.approx(2 * pi * 6378137 / 360)


def test_a_valid_polygon_is_taken_as_it_is_without_its_heights():
    read = read_area(
        polygon(square(116.4, 39.9, 0.01, heights=True), square(116.403, 39.903, 0.002)[::-1])
    )
    assert read.repair is None
    assert not read.shape.has_z
    assert read.area_m2 == pytest.approx(
        zone_m2(116.4, 39.9, 116.41, 39.91) - zone_m2(116.403, 39.903, 116.405, 39.905), rel=1e-5
    )


def test_a_spike_is_cut_off_and_reported():
    ring = square(116.4, 39.9, 0.01)
    ring[3:3] = [(ring[2][0], 39.92), ring[2]]
    read = read_area({"type": "MultiPolygon", "coordinates": [[list(map(list, ring))]]})
    assert read.shape.geom_type == "Polygon"
    assert read.shape.equals(box(116.4, 39.9, 116.4 + 0.01, 39.9 + 0.01))
    assert isinstance(read.repair, Repair)
    assert read.repair.changed == 0.0


def test_a_bow_tie_is_refused_with_the_place_where_it_crosses():
    with pytest.raises(BadGeometry) as refused:
        read_area(
            polygon([(116.4, 39.9), (116.42, 39.92), (116.42, 39.9), (116.4, 39.92), (116.4, 39.9)])
        )
    assert refused.value.pointer == "/geometry"
    assert "Self-intersection at 116.410000, 39.910000" in str(refused.value)


def test_two_parts_that_overlap_are_refused_rather_than_melted():
    parts = [[square(116.4, 39.9, 0.02)], [square(116.41, 39.91, 0.02)]]
    with pytest.raises(BadGeometry, match="would change its area"):
        read_area({"type": "MultiPolygon", "coordinates": parts_as_lists(parts)})


def parts_as_lists(parts):
    return [[[list(position) for position in ring] for ring in part] for part in parts]


@pytest.mark.parametrize(
    ("geojson", "pointer"),
    [
        ({}, "/geometry/type"),
        ({"type": "Point", "coordinates": [1, 2]}, "/geometry/type"),
        ({"type": "Polygon"}, "/geometry/coordinates"),
        ({"type": "Polygon", "coordinates": []}, "/geometry/coordinates"),
        ({"type": "Polygon", "coordinates": [[]]}, "/geometry/coordinates/0"),
        ({"type": "Polygon", "coordinates": [{"0": 1}]}, "/geometry/coordinates/0"),
        (polygon([(1, 1), (2, 2), (1, 1)]), "/geometry/coordinates/0"),
        (polygon([(1, 1), (2, 1), ("2", 2), (1, 1)]), "/geometry/coordinates/0/2"),
        (polygon([(1, 1), (2, 1), (True, 2), (1, 1)]), "/geometry/coordinates/0/2"),
        (polygon([(1, 1), (2, 1), (2,), (1, 1)]), "/geometry/coordinates/0/2"),
        (
            polygon([(39.9, 116.4), (39.9, 116.5), (40, 116.5), (39.9, 116.4)]),
            "/geometry/coordinates/0/0",
        ),
        (polygon([(1, 1), (2, 1), (float("nan"), 2), (1, 1)]), "/geometry/coordinates/0/2"),
        (polygon([(1, 1), (2, 1), (2, 2), (1, 2)]), "/geometry/coordinates/0"),
        (polygon([(1, 1), (2, 2), (3, 3), (1, 1)]), "/geometry"),
        (
            {"type": "MultiPolygon", "coordinates": [[square(1, 1, 1)]] * 1 + [[]]},
            "/geometry/coordinates",
        ),
    ],
)
def test_what_is_no_polygon_is_refused_with_a_pointer(geojson, pointer):
    with pytest.raises(BadGeometry) as refused:
        read_area(geojson)
    assert refused.value.pointer.startswith(pointer)
    str(refused.value)  # its template has all parameters


def test_the_positions_of_all_parts_are_counted_and_too_many_refused_before_they_are_read():
    ring = square(116.4, 39.9, 0.01)
    assert count_positions(polygon(ring, ring)["coordinates"]) == 10
    assert count_positions([[list(map(list, ring))], [list(map(list, ring))]]) == 10
    assert count_positions("x") == count_positions([]) == 0
    with pytest.raises(BadGeometry) as refused:
        read_shape(polygon([("not", "read")] * (MAX_POSITIONS + 1)))
    assert refused.value.params == {"positions": MAX_POSITIONS + 1, "most": MAX_POSITIONS}


def test_a_process_that_computes_with_polygons_loads_nothing_of_a_service():
    loaded = "import sys, linli_grid.geometry; print(*(sys.modules.keys() & set(sys.argv)))"
    heavy = ["eventlet", "sqlalchemy", "werkzeug", "marshmallow", "linli_chassis.http"]
    command = [sys.executable, "-c", loaded, *heavy]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603  # our own
    assert done.stdout.strip() == b""
