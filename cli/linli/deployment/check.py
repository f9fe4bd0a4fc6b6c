"""Whether a district is consistent: with its secrets, its files, and to each service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from linli_chassis.environment import BadSettings, declared_settings
from linli_chassis.settings import ProcessSettings
from linli_client.events.names import Wanted
from linli_contracts.manifest import Manifest, installed_services

from linli.base.errors import UsageFailure
from linli.base.i18n import t
from linli.deployment import broker, database, secrets
from linli.deployment.model import FILE, District
from linli.deployment.schema import load
from linli.deployment.settings import variables

RESERVED = (
    "DATABASE_URL",
    "AMQP_URI",
    "LINLI_JWT_SECRET",
    "LINLI_JWKS",
    "LINLI_KEYS",
    "LINLI_HTTP_BIND",
    "LINLI_METRICS_BIND",
)
"""Settings that are rendered from elsewhere or fixed by the images; not for [settings]."""

EXAMPLE_HOST = "linli.example"
"""The host of the ingress in the district.toml of earlier versions."""

TRACING = "OTEL_"
"""What OpenTelemetry's own variables begin with; images made with EXTRAS=tracing read them."""


def checked(folder: Path) -> tuple[District, dict[str, str]]:
    """A district and its secrets, those that are still to be made up included.

    Raises:
        UsageFailure: with all that is wrong.
    """
    district = load(folder)
    secret_values, wrong = secrets.read(district)
    wrong += [*_files(district), *_settings(district), *_subscribers(district)]
    wrong += _kubernetes(district)
    wrong = wrong or list(dict.fromkeys(_as_services_see_it(district, secret_values)))
    if wrong:
        raise UsageFailure("\n".join(wrong), t("Correct {path}.", path=str(folder / FILE)))
    return district, secret_values


def _files(district: District) -> Iterator[str]:
    for place, path in district.files().items():
        there = district.folder / path
        if not there.is_file():
            yield t("{place}: there is no file {path}.", place=place, path=str(there))
        elif not there.stat().st_size:
            yield t("{path} is empty.", path=str(there))


def _settings(district: District) -> Iterator[str]:
    known = {
        item.name
        for manifest in installed_services().values()
        for item in declared_settings(settings_of(manifest)).values()
    }
    rendered = set(variables(replace(district, settings={})))
    for name in district.settings:
        plain = name.removesuffix("_FILE")
        if plain in RESERVED or name in rendered or plain in rendered:
            yield t("settings.{name}: is said elsewhere in this file.", name=name)
        elif name not in known and not name.startswith(TRACING):
            yield t("settings.{name}: there is no such setting.", name=name)


def _subscribers(district: District) -> Iterator[str]:
    seen: set[str] = set()
    for subscriber in district.subscribers:
        if subscriber.name in seen:
            yield t("subscribers: there are two of the name {name}.", name=subscriber.name)
        seen.add(subscriber.name)
        try:
            Wanted.of(subscriber.types, district.code)
        except ValueError as error:
            yield f"subscribers.{subscriber.name}: {error}"


def _kubernetes(district: District) -> Iterator[str]:
    """What the pods of a district could not reach."""
    if not district.on_kubernetes:
        return
    if district.kubernetes.host == EXAMPLE_HOST:
        yield t(
            "kubernetes.host: {host} is an example. Name your own, or remove the line: "
            "without it nothing is rendered for Kubernetes.",
            host=EXAMPLE_HOST,
        )
    servers = (("broker.host", district.broker), ("database.host", district.database))
    for place, server in servers:
        if server.bundled:
            yield t(
                "{place}: pods do not reach {host}, which only Compose starts. Name a host of "
                "yours, or remove kubernetes.host.",
                place=place,
                host=server.host,
            )


def _as_services_see_it(district: District, secret_values: Mapping[str, str]) -> Iterator[str]:
    """What each process would say when it is started."""
    for manifest in district.services:
        environ = {
            **variables(district, outside=True),
            "DATABASE_URL": database.url_of(district, manifest.name, secret_values),
            "AMQP_URI": broker.uri_of(district, manifest, secret_values),
            "LINLI_JWT_SECRET": secrets.signing(district, secret_values),
            "LINLI_KEYS": secret_values[secrets.KEYS],
        }
        for settings in (settings_of(manifest), ProcessSettings):
            try:
                settings.load(environ)
            except BadSettings as error:
                yield from (f"{problem.name}: {problem.wrong}" for problem in error.problems)


def settings_of(manifest: Manifest) -> type[ProcessSettings]:
    """The settings class of a service, without the service, which would bring green threads."""
    settings: type[ProcessSettings] = manifest.load_settings()
    return settings
