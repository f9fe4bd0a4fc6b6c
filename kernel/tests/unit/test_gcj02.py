from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_grid.territory import metres_per_degree
from linli_kernel.gcj02 import is_shifted, to_gcj02, to_wgs84

# Well inside the rectangle in which Chinese maps are shifted, so that the shift does not lead
# across its edge.
longitudes = st.floats(72.1, 137.7)
latitudes = st.floats(0.95, 55.7)


def metres(one, other):
    east, north = metres_per_degree((one[1] + other[1]) / 2)
    return hypot((one[0] - other[0]) * east, (one[1] - other[1]) * north)


@given(longitudes, latitudes)
def test_the_inverse_finds_the_place_back_to_a_metre(longitude, latitude):
    assert metres(to_wgs84(*to_gcj02(longitude, latitude)), (longitude, latitude)) < 0.01


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_abroad_nothing_is_shifted(longitude, latitude):
    if not is_shifted(longitude, latitude):
        assert (
            to_gcj02(longitude, latitude) == to_wgs84(longitude, latitude) == (longitude, latitude)
        )


def test_tiananmen_is_shifted_as_the_maps_do():
    # The pair that eviltransform and coordtransform are checked with.
    assert to_gcj02(116.404, 39.915) == pytest.approx(
        (116.41024449916938, 39.91640428150164), abs=1e-9
    )
    assert 300 < metres(to_gcj02(116.404, 39.915), (116.404, 39.915)) < 700
