"""WGS-84 to GCJ-02, the shifted coordinates of Chinese maps, for the sample's requests that are marked so.

Source: the formula as published with its constants in the open-source transforms (eviltransform, coordtransform).
"""

from __future__ import annotations

from math import cos, pi, radians, sin, sqrt

_AXIS_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323


def to_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """Shift a WGS-84 point in mainland China, in degrees, by the 300 to 600 m of GCJ-02."""
    x, y = longitude - 105.0, latitude - 35.0
    magic = 1 - _ECCENTRICITY_SQUARED * sin(radians(latitude)) ** 2
    north = _north(x, y) * 180 / (_AXIS_M * (1 - _ECCENTRICITY_SQUARED) / (magic * sqrt(magic)) * pi)
    east = _east(x, y) * 180 / (_AXIS_M / sqrt(magic) * cos(radians(latitude)) * pi)
    return longitude + east, latitude + north


def _north(x: float, y: float) -> float:
    shift = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    return shift + _ripple(x) + _wave(y, 20, 40) + 2 / 3 * (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30))


def _east(x: float, y: float) -> float:
    shift = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    return shift + _ripple(x) + _wave(x, 20, 40) + 2 / 3 * (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi))


def _ripple(x: float) -> float:
    return 2 / 3 * (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi))


def _wave(t: float, short: float, long: float) -> float:
    return 2 / 3 * (short * sin(t * pi) + long * sin(t / 3 * pi))
