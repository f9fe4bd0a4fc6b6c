"""The organization service: its features, put together."""

from __future__ import annotations

from linli_organization.regions.routes import Regions
from linli_organization.resources.routes import Resources
from linli_organization.settings import OrganizationSettings
from linli_organization.units.routes import Units


class OrganizationService(Regions, Units, Resources):
    """Keeps the divisions of the district, its units, and the resources that units offer."""

    name = "organization"
    settings = OrganizationSettings
