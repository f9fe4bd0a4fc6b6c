"""What `deploy/compose.yaml` needs to start one district."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from linli_contracts.manifest import api_services

from linli.deployment import access, broker, database, secrets
from linli.deployment.files import common, write_all
from linli.deployment.model import WEBHOOKS, District
from linli.deployment.settings import as_lines

FOLDER = "rendered/compose"
PLAIN_PORT, TLS_PORT = 8080, 8443


def render(district: District, kept: Mapping[str, str], deploy: Path) -> Path:
    """Write it, and give the folder from which `docker compose` is to be called.

    Args:
        kept: the secrets of the district.
        deploy: the folder `deploy` of a checkout.
    """
    folder = district.folder / FOLDER
    write_all(
        folder,
        {
            ".env": as_lines(environment(district, folder, deploy)),
            # Mount points must be there, also when nothing is put in them.
            "files/.keep": "",
            "broker/tls/.keep": "",
            **common(district),
            **{f"secrets/{name}": content for name, content in _secrets(district, kept).items()},
            "broker/rabbitmq.conf": broker.configuration(district),
            "broker/enabled_plugins": "[rabbitmq_management,rabbitmq_prometheus].\n",
            **_certificates(district),
            "published.yaml": _published(district),
            "database/database.sql": database.script(district, kept),
            "proxy/listen.conf": listen(district),
        },
    )
    return folder


def environment(district: District, folder: Path, deploy: Path) -> dict[str, str]:
    """The variables of compose.yaml."""
    return {
        "COMPOSE_FILE": f"{deploy.resolve() / 'compose.yaml'}:{folder / 'published.yaml'}",
        "COMPOSE_PROJECT_NAME": district.label,
        "COMPOSE_PROFILES": profiles(district),
        "LINLI_RENDERED": str(folder),
        "LINLI_ADDRESS": district.http.address,
        "LINLI_PORT": str(district.http.port),
        "LINLI_PROXY_PORT": str(TLS_PORT if district.http.certificate_file else PLAIN_PORT),
        "LINLI_DATABASE": district.database.name,
        "LINLI_REGISTRY": district.images.registry,
        "LINLI_VERSION": district.images.version,
        **{
            f"LINLI_{service.upper()}_REPLICAS": str(district.replicas[service])
            for service in api_services()
        },
    }


def profiles(district: District) -> str:
    """What of compose.yaml is started besides what every district has."""
    wanted = {
        "broker": district.broker.bundled,
        "database": district.database.bundled,
        WEBHOOKS: district.webhooks,
    }
    return ",".join(name for name, is_wanted in wanted.items() if is_wanted)


def listen(district: District) -> str:
    """How the proxy listens: within the district's network always plainly, and to the outside with
    TLS where given.
    """
    lines = [f"listen {PLAIN_PORT};"]
    if district.http.certificate_file:
        lines += [
            f"listen {TLS_PORT} ssl;",
            "ssl_certificate /etc/nginx/linli/certificate.pem;",
            "ssl_certificate_key /etc/nginx/linli/certificate.key;",
            "ssl_protocols TLSv1.2 TLSv1.3;",
        ]
    return "\n".join(lines) + "\n"


def _published(district: District) -> str:
    """What is published besides the proxy's port: the broker's, where other systems are to reach
    it.
    """
    if not (district.broker.bundled and district.broker.published):
        return "services: {}\n"
    port = broker.TLS_PORT if district.broker.ca_file else broker.PORT
    return f'services:\n  broker:\n    ports: ["{district.broker.published}:{port}"]\n'


def _secrets(district: District, kept: Mapping[str, str]) -> dict[str, str]:
    """What processes are let in with, and what the servers that come along are told."""
    return {
        **access.files(district, kept),
        "database_owner": kept[secrets.DATABASE_OWNER],
        "grafana_admin": kept[secrets.GRAFANA_ADMIN],
        "owner_database_url": database.url(district, database.OWNER, kept[secrets.DATABASE_OWNER]),
        "operator_amqp_uri": broker.uri(
            district, broker.account(district, broker.OPERATOR), kept[secrets.BROKER_OPERATOR]
        ),
        "definitions.json": json.dumps(
            broker.definitions(district, kept), indent=2, ensure_ascii=False
        )
        + "\n",
    }


def _certificates(district: District) -> dict[str, bytes]:
    """The certificates of the proxy and of the broker that comes along, by where their containers
    look for them.
    """
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
