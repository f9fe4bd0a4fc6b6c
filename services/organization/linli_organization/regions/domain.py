"""Divisions 行政区划, and what their codes are made of.

Six digits name a district (GB/T 2260), three more a sub-district (GB/T 10114), three more a
community.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from linli_kernel.codes import InvalidRegionCode, Level, RegionCode
from linli_kernel.errors import Invalid

KIND_BY_NUMBER = (
    (range(1, 100), "街道"),
    (range(100, 200), "镇"),
    (range(200, 400), "乡"),
)
"""Kinds of sub-district by their number. Source: GB/T 10114-2003, 4.3."""


class BadRegionCode(Invalid):
    """A code that breaks the rules of GB/T 2260 or GB/T 10114."""

    message = "{code} is no division code: 6 digits for a district, 9 or 12 below it."
    pointer = "/code"


class ForeignDistrict(Invalid):
    """A division that is not below the district this deployment serves."""

    message = "{code} is not below the district {district}."
    pointer = "/code"


class UnknownRegion(Invalid):
    """A division that is named but not registered."""

    message = "{region_code} is not registered."


@dataclass(frozen=True, slots=True)
class RegisterRegion:
    """Register a division, or correct its name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Region:
    """A registered division. `parent_code` is None for the district only."""

    region_code: str
    name: str
    level: str
    parent_code: str | None

    @property
    def kind(self) -> str | None:
        """街道, 镇 or 乡, by the number of the sub-district; None for the district."""
        number = _number(RegionCode(self.region_code), Level.SUBDISTRICT)
        return next((kind for numbers, kind in KIND_BY_NUMBER if number in numbers), None)


def region_of(command: RegisterRegion, district: str) -> Region:
    """The division that a command registers.

    Args:
        district: the code of the district that the deployment serves.
    Raises:
        BadRegionCode: its code breaks the rules.
        ForeignDistrict: it belongs to another district.
    """
    code = division_code(command.code)
    if code.district != district:
        raise ForeignDistrict(code=code, district=district)
    return Region(code, command.name, code.level, code.parent)


def division_code(text: str) -> RegionCode:
    """A code of 6, 9 or 12 digits whose numbers follow GB/T 10114.

    Raises:
        BadRegionCode: it breaks the rules; the message says which.
    """
    try:
        code = RegionCode(text)
    except InvalidRegionCode:
        raise BadRegionCode(code=text) from None
    if code.level is Level.GRID:
        raise BadRegionCode(code=text)
    subdistrict, community = _number(code, Level.SUBDISTRICT), _number(code, Level.COMMUNITY)
    if subdistrict is not None and not 1 <= subdistrict <= 399:
        raise BadRegionCode(
            "Sub-district numbers go from 001 to 399, not {number}.", number=f"{subdistrict:03}"
        )
    if community == 0:
        raise BadRegionCode("Community numbers go from 001 to 999, not {number}.", number="000")
    return code


def with_parents(regions: Iterable[Region], registered: Collection[str]) -> frozenset[str]:
    """The codes registered already, and those of `regions` whose parent is among the result."""
    codes = set(registered)
    for region in sorted(regions, key=lambda region: len(region.region_code)):
        if region.parent_code is None or region.parent_code in codes:
            codes.add(region.region_code)
    return frozenset(codes)


def must_be_registered(region_code: str | None, registered: Collection[str], pointer: str) -> None:
    """Raise `UnknownRegion` unless the division is registered; None is no division."""
    if region_code is not None and region_code not in registered:
        raise UnknownRegion(region_code=region_code, pointer=pointer)


def _number(code: RegionCode, level: Level) -> int | None:
    region = code.at(level)
    return None if region is None else int(region[-3:])
