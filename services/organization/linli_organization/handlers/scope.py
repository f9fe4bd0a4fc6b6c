"""What every command asks first: whether the caller may act there, and whether the divisions named
are registered.
"""

from __future__ import annotations

from collections.abc import Collection

from linli_chassis.http import Principal

from linli_organization.domain.errors import ForeignRegion, UnknownRegion


def must_cover(caller: Principal, region_code: str, pointer: str | None = None) -> None:
    """Raise `ForeignRegion` unless the region is within the caller's own."""
    if not caller.covers(region_code):
        message = "{region_code} is outside the region of your account."
        raise ForeignRegion(message, region_code=region_code, pointer=pointer)


def must_be_known(region_code: str, known: Collection[str], pointer: str) -> None:
    """Raise `UnknownRegion` unless the division is registered."""
    if region_code not in known:
        raise UnknownRegion(
            "{region_code} is not registered.", region_code=region_code, pointer=pointer
        )
