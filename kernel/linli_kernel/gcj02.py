"""GCJ-02, the shifted coordinates of Chinese maps (国测局坐标), to WGS-84 and back.

There is no official text; the forward formula is the one that map libraries share (e.g.
wandergis/coordtransform, googollee/eviltransform). It has no closed inverse: the shift changes so
slowly from place to place (less than 1 % of the distance) that subtracting it again and again
converges, each step shrinking the error about a hundredfold.
"""

from __future__ import annotations

from math import cos, pi, sin, sqrt

# Krasovsky 1940, the ellipsoid the formula was made for: semi-major axis in metres, first
# eccentricity squared.
_A = 6378245.0
_EE = 0.00669342162296594323

_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_DONE_DEGREES = 1e-9  # about 0.1 mm
_MOST_STEPS = 10


def is_shifted(longitude: float, latitude: float) -> bool:
    """Whether Chinese maps shift this place: the rectangle of the shared formula; elsewhere GCJ-02
    is WGS-84.
    """
    return _WEST <= longitude <= _EAST and _SOUTH <= latitude <= _NORTH


def to_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """WGS-84 degrees to GCJ-02 degrees."""
    if not is_shifted(longitude, latitude):
        return longitude, latitude
    east, north = _shift(longitude, latitude)
    return longitude + east, latitude + north


def to_wgs84(longitude: float, latitude: float) -> tuple[float, float]:
    """GCJ-02 degrees to WGS-84 degrees, to better than a metre."""
    if not is_shifted(longitude, latitude):
        return longitude, latitude
    guess = longitude, latitude
    for _ in range(_MOST_STEPS):
        east, north = _shift(*guess)
        better = longitude - east, latitude - north
        moved = max(abs(better[0] - guess[0]), abs(better[1] - guess[1]))
        guess = better
        if moved < _DONE_DEGREES:
            break
    return guess


def _shift(longitude: float, latitude: float) -> tuple[float, float]:
    """How far east and north the map is moved at this place, in degrees."""
    x, y = longitude - 105.0, latitude - 35.0
    ripple = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + ripple
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + ripple
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    radians = latitude / 180.0 * pi
    w = 1 - _EE * sin(radians) ** 2
    north = north * 180.0 / ((_A * (1 - _EE)) / (w * sqrt(w)) * pi)
    east = east * 180.0 / (_A / sqrt(w) * cos(radians) * pi)
    return east, north
