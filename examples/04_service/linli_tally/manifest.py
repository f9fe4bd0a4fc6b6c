"""How the service is run and deployed."""

from linli_contracts.manifest import Manifest

MANIFEST = Manifest(
    name="tally",
    summary="Registered requests per grid and day.",
    port=8010,
    service="linli_tally.service:TallyService",
    settings="linli_tally.settings:TallySettings",
    subscribes=("linli.grid.request_registered.v1",),
    events=("linli_tally.events",),
    memory="256M",
)
