import pytest
from linli_grid.geometry.engine.coverage import check_coverage
from linli_grid.geometry.engine.polygons import area_m2
from shapely.geometry import Polygon, box

WEST, SOUTH = 116.4, 39.9


def at(x0, y0, x1, y1):
    """A box in thousandths of a degree from a corner: one is 85 m east and 111 m north."""
    return box(WEST + x0 / 1000, SOUTH + y0 / 1000, WEST + x1 / 1000, SOUTH + y1 / 1000)


def check(asked, others=(), boundaries=(), tolerance_m2=100):
    return check_coverage(
        {code: shape.wkb for code, shape in asked.items()},
        {code: shape.wkb for code, shape in dict(others).items()},
        [shape.wkb for shape in boundaries],
        tolerance_m2,
    )


def test_tiles_that_fit_have_neither_gaps_nor_overlaps():
    report = check({"a": at(0, 0, 10, 10), "b": at(10, 0, 20, 10)}, boundaries=[at(0, 0, 20, 10)])
    assert (report.overlaps, report.gaps) == ([], [])
    assert report.area_m2 == pytest.approx(area_m2(at(0, 0, 20, 10)), rel=1e-6)


def test_an_overlap_is_reported_once_with_its_area_and_a_point_inside():
    report = check({"b": at(0, 0, 10, 10), "a": at(9, 0, 20, 10)})
    (overlap,) = report.overlaps
    assert overlap.grid_codes == ("a", "b")
    assert overlap.area_m2 == pytest.approx(area_m2(at(9, 0, 10, 10)), abs=0.1)
    assert at(9, 0, 10, 10).contains(box(*(overlap.longitude, overlap.latitude) * 2).centroid)
    assert report.area_m2 == pytest.approx(area_m2(at(0, 0, 20, 10)), rel=1e-6)


def test_an_overlap_within_the_tolerance_is_left_out():
    shared = area_m2(at(9.99, 0, 10, 10))
    grids = {"a": at(0, 0, 10, 10), "b": at(9.99, 0, 20, 10)}
    assert len(check(grids, tolerance_m2=shared - 1).overlaps) == 1
    assert check(grids, tolerance_m2=shared + 1).overlaps == []


def test_an_overlap_with_a_grid_of_another_community_counts_and_one_between_others_does_not():
    others = {"x": at(9, 0, 20, 10), "y": at(15, 0, 30, 10)}
    assert [overlap.grid_codes for overlap in check({"a": at(0, 0, 10, 10)}, others).overlaps] == [
        ("a", "x")
    ]


def test_ground_inside_the_boundary_and_in_no_grid_is_a_gap():
    report = check({"a": at(0, 0, 10, 10)}, boundaries=[at(0, 0, 12, 10)])
    (gap,) = report.gaps
    assert gap.area_m2 == pytest.approx(area_m2(at(10, 0, 12, 10)), abs=0.1)
    assert WEST + 0.010 < gap.longitude < WEST + 0.012


def test_without_a_boundary_a_hole_between_grids_is_a_gap():
    ring = at(0, 0, 10, 10).difference(at(4, 4, 6, 6))
    assert [gap.area_m2 for gap in check({"a": ring}).gaps] == [
        pytest.approx(area_m2(at(4, 4, 6, 6)), abs=0.1)
    ]


def test_ground_that_a_grid_of_another_community_covers_is_no_gap():
    ring = at(0, 0, 10, 10).difference(at(4, 4, 6, 6))
    assert check({"a": ring}, {"x": at(4, 4, 6, 6)}).gaps == []


def test_grids_that_only_touch_do_not_overlap():
    corner = Polygon(
        [(WEST + 0.01, SOUTH + 0.01), (WEST + 0.02, SOUTH + 0.01), (WEST + 0.02, SOUTH + 0.02)]
    )
    assert check({"a": at(0, 0, 10, 10), "b": corner}, tolerance_m2=0).overlaps == []


def test_without_grids_the_whole_boundary_is_a_gap():
    assert len(check({}, boundaries=[at(0, 0, 1, 1)]).gaps) == 1
    assert check({}).area_m2 == 0
