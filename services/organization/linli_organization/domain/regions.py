"""Codes of divisions 行政区划: what they are made of, their level and what is above them.

Six digits name a district (GB/T 2260), three more a sub-district (GB/T 10114), three more a
community.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from linli_organization.domain.errors import BadRegionCode, ForeignDistrict

DISTRICT, SUBDISTRICT, COMMUNITY = "district", "subdistrict", "community"
LEVEL_BY_DIGITS = {6: DISTRICT, 9: SUBDISTRICT, 12: COMMUNITY}
KIND_BY_NUMBER = (
    (range(1, 100), "街道"),
    (range(100, 200), "镇"),
    (range(200, 400), "乡"),
)
"""Kinds of sub-district by their number. Source: GB/T 10114-2003, 4.3."""


@dataclass(frozen=True, slots=True)
class Division:
    """A division code taken apart; `str()` puts it together again.

    `subdistrict` is a number from 1 to 399 and `community` from 1 to 999; None where the code ends
    above them.
    """

    district: str
    subdistrict: int | None = None
    community: int | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{6}", self.district):
            raise BadRegionCode(
                "{code} is no district code: it has six digits.", code=self.district
            )
        if self.subdistrict is None:
            if self.community is not None:
                raise BadRegionCode("A community belongs to a sub-district.")
        elif not 1 <= self.subdistrict <= KIND_BY_NUMBER[-1][0].stop - 1:
            raise BadRegionCode(
                "Sub-district numbers go from 001 to 399, not {number}.",
                number=f"{self.subdistrict:03}",
            )
        if self.community is not None and not 1 <= self.community <= 999:
            raise BadRegionCode(
                "Community numbers go from 001 to 999, not {number}.", number=f"{self.community:03}"
            )

    def __str__(self) -> str:
        return self.district + "".join(
            f"{part:03}" for part in (self.subdistrict, self.community) if part is not None
        )

    @property
    def level(self) -> str:
        return LEVEL_BY_DIGITS[len(str(self))]

    @property
    def parent_code(self) -> str | None:
        """The code of the division above; None for a district."""
        return None if self.level == DISTRICT else str(self)[:-3]

    @property
    def kind(self) -> str | None:
        """街道, 镇 or 乡, which the number of the sub-district tells; None for a district."""
        return next((kind for numbers, kind in KIND_BY_NUMBER if self.subdistrict in numbers), None)


def parse(code: str) -> Division:
    """Take a code of 6, 9 or 12 digits apart.

    Raises:
        BadRegionCode: it breaks the rules; the message says which.
    """
    if not (code.isascii() and code.isdigit() and len(code) in LEVEL_BY_DIGITS):
        raise BadRegionCode(
            "{code} is no division code: 6 digits for a district, 9 or 12 below it.", code=code
        )
    numbers = [int(code[start : start + 3]) for start in range(6, len(code), 3)]
    return Division(code[:6], *numbers)


def below(code: str, district: str) -> Division:
    """Take a code apart that must be the district of this deployment or lie below it.

    Raises:
        BadRegionCode: it breaks the rules.
        ForeignDistrict: it belongs to another district.
    """
    division = parse(code)
    if division.district != district:
        raise ForeignDistrict(
            "{code} is not below the district {district}.", code=code, district=district
        )
    return division


def prefixes(code: str) -> list[str]:
    """The code and those of all divisions above it, from the district down."""
    return [code[:digits] for digits in LEVEL_BY_DIGITS if digits <= len(code)]
