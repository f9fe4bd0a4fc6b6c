"""Who may do what: the roles of the platform, and the scope that a route is declared with.

The chassis authenticates and enforces; which roles and scopes there are is said here, once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from linli_kernel.errors import NotAllowed

ROLES = (
    "resident",
    "grid_worker",
    "dispatcher",
    "provider",
    "reviewer",
    "evaluator",
    "operator",
    "admin",
)
ADMIN = "admin"
"""May do what any role may, within the region of its token."""

PROVIDER = "provider"
"""Acts for the unit of its token. In the token of any other role a unit opens nothing."""

PUBLIC: tuple[str, ...] = ("public",)
"""Stands as `roles` of a route that needs no token."""

PUBLIC_ACCOUNT = "public"
AUDIENCE = "linli"
"""The `aud` of tokens, unless a deployment has one of its own."""

DISTRICT_DIGITS = 6


class Scope(StrEnum):
    """What of the district a caller of a route may reach. Every route declares one."""

    PUBLIC = "public"
    """Anybody; no token is asked for."""
    DISTRICT = "district"
    """Anybody with a token of this district: what is no secret within it."""
    REGION = "region"
    """What lies in the region of the token."""
    UNIT = "unit"
    """What the unit of the token holds."""
    REGION_OR_UNIT = "region_or_unit"
    """Either: providers reach what their unit holds, all others what lies in their region."""


_CHECKS = {
    Scope.REGION: {"region"},
    Scope.UNIT: {"unit"},
    Scope.REGION_OR_UNIT: {"region", "unit"},
}


class ForeignRegion(NotAllowed):
    """It lies outside the region of the token."""

    message = "This is outside the region of your account."


class MissingRole(NotAllowed):
    """The account has none of the roles that it takes."""

    message = "This needs one of the roles: {roles}."


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a token speaks for. `region` is the prefix of the region codes within its scope."""

    account: str
    roles: frozenset[str]
    region: str
    unit_id: UUID | None = None

    def must_have(self, roles: tuple[str, ...]) -> None:
        """Raise `MissingRole` unless the account has one of the roles, or is an admin."""
        if self.roles.isdisjoint(roles) and ADMIN not in self.roles:
            raise MissingRole(roles=", ".join(roles))

    def must_belong_to(self, district: str) -> None:
        """Raise `ForeignRegion` unless its region is the district, lies in it, or holds it."""
        if not (self.region.startswith(district) or district.startswith(self.region)):
            raise ForeignRegion


ANYBODY = Principal(PUBLIC_ACCOUNT, frozenset(), "")
"""The caller of a public route."""


@dataclass(slots=True)
class Actor:
    """The caller of one request, and what of its scope was checked.

    A command asks `must_cover` or `owns` before it changes or shows anything, a list is narrowed to
    `region`. A route whose scope was never asked for is answered with an error of ours, and what it
    did is rolled back: a forgotten check cannot let anybody in.
    """

    principal: Principal
    scope: Scope = Scope.REGION
    _checked: set[str] = field(default_factory=set)

    @property
    def account(self) -> str:
        return self.principal.account

    @property
    def roles(self) -> frozenset[str]:
        return self.principal.roles

    @property
    def is_admin(self) -> bool:
        return ADMIN in self.principal.roles

    @property
    def region(self) -> str:
        """The prefix of the codes of all regions within scope, to narrow a list to."""
        self._checked.add("region")
        return self.principal.region

    @property
    def unit_id(self) -> UUID | None:
        """The unit that the caller acts for as a provider, to narrow a list to."""
        self._checked.add("unit")
        return self.principal.unit_id if PROVIDER in self.principal.roles else None

    def covers(self, region_code: str | None) -> bool:
        """Whether a region is within scope; what has no region takes the scope of a district."""
        region = self.region
        if not region:
            return False
        if region_code is None:
            return len(region) <= DISTRICT_DIGITS
        return region_code.startswith(region)

    def must_cover(self, region_code: str | None) -> None:
        """Raise `ForeignRegion` (403) unless the region is within scope."""
        if not self.covers(region_code):
            raise ForeignRegion

    def owns(self, unit_id: UUID | None) -> bool:
        """Whether something is held by the unit that the caller acts for."""
        return unit_id is not None and unit_id == self.unit_id

    @property
    def scope_was_checked(self) -> bool:
        """Whether what the scope asks for was looked at."""
        wanted = _CHECKS.get(self.scope)
        return wanted is None or not wanted.isdisjoint(self._checked)
