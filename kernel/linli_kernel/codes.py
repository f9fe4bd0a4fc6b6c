"""Codes of regions: district, sub-district, community and grid, each the prefix of those below it.

Six digits of the district (GB/T 2260), three of the sub-district (GB/T 10114), three of the
community, two or three of the grid (CJ/T 349, GB/T 34300).
"""

from __future__ import annotations

from enum import StrEnum

from linli_kernel.errors import Invalid


class Level(StrEnum):
    """The levels of regions, from the top."""

    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    GRID = "grid"


DIGITS = {Level.DISTRICT: 6, Level.SUBDISTRICT: 9, Level.COMMUNITY: 12}
"""How many digits a code of a level has; a grid has 14 or 15, as the district decides."""

GRID_DIGITS = (14, 15)
_LEVELS = {digits: level for level, digits in DIGITS.items()} | dict.fromkeys(
    GRID_DIGITS, Level.GRID
)


class InvalidRegionCode(Invalid):
    """Not a code of 6, 9, 12, 14 or 15 digits."""

    message = "{code} is no region code: it has 6, 9, 12, 14 or 15 digits."


class RegionCode(str):
    """A region code, checked for its length and digits; in all else the string that it is.

    Raises:
        InvalidRegionCode: the text has another form.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> RegionCode:
        if not (text.isascii() and text.isdigit() and len(text) in _LEVELS):
            raise InvalidRegionCode(code=text)
        return super().__new__(cls, text)

    @property
    def level(self) -> Level:
        return _LEVELS[len(self)]

    @property
    def district(self) -> RegionCode:
        """The district it lies in, or is."""
        return self.lineage[0]

    @property
    def parent(self) -> RegionCode | None:
        """The region right above; None for a district."""
        above = self.lineage[:-1]
        return above[-1] if above else None

    @property
    def lineage(self) -> tuple[RegionCode, ...]:
        """The regions it lies in, from the district down to itself."""
        above = [RegionCode(self[:digits]) for digits in DIGITS.values() if digits < len(self)]
        return (*above, self)

    def at(self, level: Level) -> RegionCode | None:
        """The region of `level` that it lies in, or is; None when it lies above that level."""
        return next((code for code in self.lineage if code.level is level), None)

    def covers(self, other: str | None) -> bool:
        """Whether another region is this one or lies below it."""
        return other is not None and other.startswith(self)
