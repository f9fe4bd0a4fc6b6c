"""Grid codes: twelve digits of the community and the grid's own two (CJ/T 349) or three (GB/T
34300).
"""

from __future__ import annotations

from collections.abc import Container

from linli_grid.domain.errors import BadGridCode

COMMUNITY_DIGITS = 12


def community_of(grid_code: str) -> str:
    """The community a grid belongs to."""
    return grid_code[:COMMUNITY_DIGITS]


def check_grid_code(grid_code: str, own_digits: int, communities: Container[str]) -> str:
    """The community of a grid code that keeps the rules.

    Args:
        own_digits: How many digits follow those of the community: 2 or 3.
        communities: Codes of the registered communities. Every point belongs to one community
            (territorial principle), so a grid of none is refused.
    Raises:
        BadGridCode: with the rule it breaks.
    """
    wanted = COMMUNITY_DIGITS + own_digits
    if len(grid_code) != wanted or not (grid_code.isascii() and grid_code.isdigit()):
        raise BadGridCode(
            "A grid code has {wanted} digits here: 12 of its community and {own} of its own; {code} has {length}.",
            pointer="/grid_code",
            wanted=wanted,
            own=own_digits,
            code=grid_code,
            length=len(grid_code),
        )
    community = community_of(grid_code)
    if community not in communities:
        raise BadGridCode(
            "Community {community} is not registered. Register it first, in the organization service.",
            pointer="/grid_code",
            community=community,
        )
    return community
