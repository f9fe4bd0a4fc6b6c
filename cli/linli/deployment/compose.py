"""What `docker compose` starts one district from: `deploy/compose.yaml` and its services."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from linli_contracts.manifest import Manifest

from linli.deployment import access, broker, database, observability, proxy, secrets
from linli.deployment.files import as_yaml, below, common, write_all
from linli.deployment.model import District
from linli.deployment.settings import as_lines

FOLDER = "rendered/compose"
OVERRIDE = "compose.override.yaml"
"""What the district adds to Compose itself; beside district.toml, and read from the folder."""

HEADER = "# Written by `linli district render`; edit district.toml instead.\n"
Definition = dict[str, Any]


def render(district: District, secret_values: Mapping[str, str], deploy: Path) -> Path:
    """Write it, and give the folder from which `docker compose` is to be called.

    Args:
        secret_values: the secrets of the district.
        deploy: the folder `deploy` of a checkout.
    """
    folder = district.folder / FOLDER
    own = district.folder / OVERRIDE
    checkout = os.path.relpath(deploy.resolve().parent, folder)
    write_all(
        folder,
        {
            ".env": as_lines(environment(district, checkout)),
            "compose.yaml": HEADER + as_yaml(document(district, deploy)),
            # Mount points must be there, also when nothing is put in them.
            "files/.keep": "",
            "broker/tls/.keep": "",
            **common(district),
            **({OVERRIDE: own.read_bytes()} if own.is_file() else {}),
            **{
                f"secrets/{name}": content
                for name, content in _secrets(district, secret_values).items()
            },
            "broker/rabbitmq.conf": broker.configuration(district),
            "broker/enabled_plugins": "[rabbitmq_management,rabbitmq_prometheus].\n",
            **_certificates(district),
            "database/database.sql": database.script(district, secret_values),
            "upgrade.sh": (deploy / "upgrade.sh").read_bytes(),
            "proxy/nginx.conf": (deploy / "proxy/nginx.conf").read_bytes(),
            "proxy/listen.conf": proxy.listen(district),
            "proxy/services.conf": proxy.locations(district),
            **below(deploy / "observability/grafana", "observability/grafana"),
            "observability/alerts.yml": (deploy / "observability/alerts.yml").read_bytes(),
            "observability/prometheus.yml": as_yaml(observability.prometheus(district)),
            "observability/processes.yml": as_yaml(observability.expected_processes(district)),
        },
    )
    return folder


def environment(district: District, checkout: str) -> dict[str, str]:
    """The variables of compose.yaml and upgrade.sh. `checkout` is where images are built."""
    tls = bool(district.http.certificate_file)
    processes = [name for name, _ in observability.all_processes(district)]
    return {
        "COMPOSE_PROJECT_NAME": district.label,
        "COMPOSE_PROFILES": profiles(district),
        "LINLI_CHECKOUT": checkout,
        "LINLI_ADDRESS": district.http.address,
        "LINLI_PORT": str(district.http.port),
        "LINLI_PROXY_PORT": str(proxy.TLS_PORT if tls else proxy.PLAIN_PORT),
        "LINLI_DATABASE": district.database.name,
        "LINLI_REGISTRY": district.images.registry,
        "LINLI_VERSION": district.images.version,
        "LINLI_SERVICES": " ".join(district.api_services),
        "LINLI_PROCESSES": " ".join(
            name for name in processes if name not in district.api_services
        ),
    }


def profiles(district: District) -> str:
    """What of compose.yaml is started besides what every district has."""
    wanted = {"broker": district.broker.bundled, "database": district.database.bundled}
    return ",".join(name for name, is_wanted in wanted.items() if is_wanted)


def document(district: District, deploy: Path) -> Definition:
    """The compose.yaml of the district."""
    fixed: Definition = yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))
    kinds = {name: fixed.pop(name) for name in list(fixed) if name.startswith("x-")}
    services: dict[str, Definition] = {}
    for manifest in district.services:
        services |= _processes(manifest, kinds, district.replicas.get(manifest.name, 1))
        for secret in access.names(manifest):
            fixed["secrets"][secret] = {"file": f"./secrets/{secret}"}
    fixed["services"]["proxy"]["depends_on"] = list(district.api_services)
    if district.broker.bundled and district.broker.published:
        port = broker.TLS_PORT if district.broker.ca_file else broker.PORT
        fixed["services"]["broker"]["ports"] = [f"{district.broker.published}:{port}"]
    return {**fixed, "services": {**services, **fixed["services"]}}


def _processes(
    manifest: Manifest, kinds: Mapping[str, Definition], replicas: int
) -> dict[str, Definition]:
    """The processes of a service by name: with HTTP a relay and a migration, too."""
    name, image = manifest.name, {"image": _image(manifest.name)}
    database_url, amqp_uri = _access(manifest)
    kind = kinds["x-service" if manifest.service else "x-process-without-api"]
    files = {f"LINLI_{one.upper()}_FILE": f"/run/secrets/{one}" for one in manifest.secrets}
    limits = {"cpus": manifest.cpus, "memory": manifest.memory}
    main = {
        **kind,
        **image,
        "build": _build(name, kinds["x-build"]),
        "environment": {**kind["environment"], **files},
        "secrets": [database_url, amqp_uri, *manifest.secrets],
        "deploy": {"replicas": replicas, "resources": {"limits": limits}},
    }
    if manifest.service is None:
        return {name: main}
    migrated = {
        "depends_on": {f"{name}-migration": {"condition": "service_completed_successfully"}}
    }
    relay = {**kinds["x-relay"], **image, "secrets": [database_url, amqp_uri], **migrated}
    return {
        name: main | migrated,
        f"{name}-relay": relay,
        f"{name}-migration": {**kinds["x-migration"], **image, "secrets": [database_url]},
    }


def _image(service: str) -> str:
    return f"${{LINLI_REGISTRY:-linli}}/{service}:${{LINLI_VERSION}}"


def _build(service: str, shared: Definition) -> Definition:
    python = "${PYTHON_IMAGE:-python:3.11-slim}"
    return {**shared, "args": {"SERVICE": service, "PYTHON_IMAGE": python}}


def _access(manifest: Manifest) -> list[Definition]:
    """What the service is let in with, in its own containers under the same names for all."""
    return [
        {"source": source, "target": source.removeprefix(f"{manifest.name}_")}
        for source in access.names(manifest)
    ]


def _secrets(district: District, secret_values: Mapping[str, str]) -> dict[str, str]:
    """The credentials of processes, and the configuration of the bundled servers."""
    definitions = json.dumps(
        broker.definitions(district, secret_values), indent=2, ensure_ascii=False
    )
    return {
        **access.files(district, secret_values),
        "database_owner": secret_values[secrets.DATABASE_OWNER],
        "grafana_admin": secret_values[secrets.GRAFANA_ADMIN],
        "definitions.json": definitions + "\n",
    }


def _certificates(district: District) -> dict[str, bytes]:
    """The certificates of the proxy and of the bundled broker, where their containers look."""
    places = {
        "proxy/certificate.pem": district.http.certificate_file,
        "proxy/certificate.key": district.http.key_file,
    }
    if district.broker.bundled:
        places |= {
            "broker/tls/ca.pem": district.broker.ca_file,
            "broker/tls/broker.pem": district.broker.certificate_file,
            "broker/tls/broker.key": district.broker.key_file,
        }
    return {place: (district.folder / path).read_bytes() for place, path in places.items() if path}
