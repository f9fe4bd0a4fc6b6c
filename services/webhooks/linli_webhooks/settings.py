"""The settings of the process, and those that registering an endpoint takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from linli_chassis.environment import read_settings, setting
from linli_chassis.settings import ProcessSettings
from linli_chassis.storage.crypto import Keyring
from marshmallow.validate import Range


@dataclass(frozen=True, kw_only=True)
class KeySettings:
    """What encrypting an endpoint's secret takes."""

    keyring: Keyring = setting(
        "LINLI_KEYS",
        Keyring.parse,
        secret=True,
        help="Keys of the endpoints' secrets as id:base64-of-32-bytes, comma-separated; "
        "the first encrypts, all decrypt.",
    )


@dataclass(frozen=True, kw_only=True)
class WebhookSettings(KeySettings, ProcessSettings):
    """The settings of the process."""

    concurrency: int = setting(
        "LINLI_WEBHOOKS_CONCURRENCY",
        "int",
        default=16,
        help="Deliveries under way at a time.",
        validate=Range(min=1, max=200),
    )
    concurrency_per_endpoint: int = setting(
        "LINLI_WEBHOOKS_PER_ENDPOINT",
        "int",
        default=4,
        help="Deliveries under way at a time to one endpoint.",
        validate=Range(min=1),
    )
    keep_days: int = setting(
        "LINLI_WEBHOOKS_KEEP_DAYS",
        "int",
        default=7,
        help="Days an event is kept for its endpoints, delivered or not.",
        validate=Range(min=4),  # retries take more than three
    )


def keyring_of(environ: Mapping[str, str]) -> Keyring:
    """The keys of the endpoints' secrets. Raises `BadSettings`."""
    return read_settings(KeySettings, environ).keyring
