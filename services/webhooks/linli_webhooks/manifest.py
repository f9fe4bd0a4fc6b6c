"""The manifest of the service: read by the command and by deployments."""

from __future__ import annotations

from linli_contracts.manifest import Manifest

MANIFEST = Manifest(
    name="webhooks",
    summary="Delivers events over HTTP to systems without AMQP.",
    port=8005,
    run="linli_webhooks.process:run",
    settings="linli_webhooks.settings:WebhookSettings",
    secrets=("keys",),
    cpus="0.5",
    memory="256M",
    optional=True,
    follows=("linli.*",),
    internet=True,
)
