"""The manifest of the service: read by the command, the relay and deployments."""

from __future__ import annotations

from linli_contracts.manifest import Manifest

MANIFEST = Manifest(
    name="grid",
    summary="Grids, their workers, and residents' requests up to the case.",
    port=8002,
    service="linli_grid.service:GridService",
    settings="linli_grid.settings:GridSettings",
    subscribes=("linli.organization.region_registered.v1",),
    public=("tracking",),
)
