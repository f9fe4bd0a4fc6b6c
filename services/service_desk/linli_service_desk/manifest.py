"""The manifest of the service, read by the command line, the relay and deployments."""

from __future__ import annotations

from linli_contracts.manifest import Manifest

MANIFEST = Manifest(
    name="service_desk",
    summary="Cases through the seven steps, matched to resources.",
    port=8003,
    service="linli_service_desk.service:ServiceDeskService",
    settings="linli_service_desk.settings:ServiceDeskSettings",
    subscribes=(
        "linli.organization.region_registered.v1",
        "linli.organization.unit_registered.v1",
        "linli.organization.resource_offered.v1",
        "linli.organization.resource_changed.v1",
        "linli.organization.resource_withdrawn.v1",
        "linli.grid.grid_drawn.v1",
        "linli.grid.request_verified.v1",
    ),
    memory="1G",
    public=("tracking", "feedback", "services"),
)
