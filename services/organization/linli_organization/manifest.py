"""What the service declares about itself: read by the command, by the relay and by deployments."""

from __future__ import annotations

from linli_contracts.manifest import Manifest

MANIFEST = Manifest(
    name="organization",
    summary="Divisions of the district, its units, and the resources that units offer.",
    port=8001,
    service="linli_organization.service:OrganizationService",
    settings="linli_organization.settings:OrganizationSettings",
)
