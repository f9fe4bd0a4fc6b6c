"""The overlay by which kustomize makes one district out of `deploy/kubernetes/base`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from linli_contracts.registry import consumed_by
from linli_contracts.manifest import api_services

from linli.deployment import access, broker
from linli.deployment.files import common, write_all
from linli.deployment.model import WEBHOOKS, District
from linli.deployment.settings import files_inside

FOLDER = "rendered/kubernetes"


def render(district: District, kept: Mapping[str, str], deploy: Path) -> Path:
    """Write it, and give the folder that `kubectl apply --kustomize` takes.

    Args:
        kept: the secrets of the district.
        deploy: the folder `deploy` of a checkout; the overlay refers to it by a relative path.
    """
    folder = district.folder / FOLDER
    base = Path(os.path.relpath(deploy.resolve() / "kubernetes", folder))
    write_all(
        folder,
        {
            "kustomization.yaml": _yaml(overlay(district, base)),
            "namespace.yaml": _yaml(namespace(district)),
            **common(district),
            **{
                f"secrets/{name}": content for name, content in access.files(district, kept).items()
            },
        },
    )
    return folder


def overlay(district: District, base: Path) -> dict[str, Any]:
    """The kustomization of a district. `base` is the way from it to `deploy/kubernetes`."""
    scaling = district.kubernetes.scaling
    components = {"scaling": scaling, WEBHOOKS: district.webhooks}
    kept_count = {name for name in api_services() if not (scaling and consumed_by(name))}
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": district.label,
        "resources": [str(base / "base"), "namespace.yaml"],
        "components": [str(base / name) for name, wanted in components.items() if wanted],
        "images": [
            {
                "name": f"linli/{name}",
                "newName": f"{district.images.registry}/{name}",
                "newTag": district.images.version,
            }
            for name in (*api_services(), "platform")
        ],
        "replicas": [
            {"name": f"{_label(name)}-api", "count": district.replicas[name]}
            for name in api_services()
            if name in kept_count
        ],
        "configMapGenerator": [
            {"name": "settings", "envs": ["settings.env"]},
            {"name": "files", "files": [f"files/{name}" for name in files_inside(district)]},
        ],
        "secretGenerator": [
            {"name": "tokens", "files": ["secrets/jwt_secret", "secrets/keys"]},
            *(
                {
                    "name": f"{_label(name)}-access",
                    "files": [
                        f"database_url=secrets/{name}_database_url",
                        f"amqp_uri=secrets/{name}_amqp_uri",
                    ],
                }
                for name in district.schemas
            ),
        ],
        "patches": [*_patches(district), *(_scaling_patches(district) if scaling else ())],
    }


def namespace(district: District) -> dict[str, Any]:
    """The namespace of a district, in which nothing privileged may run."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": district.label, "labels": labels},
    }


def _patches(district: District) -> list[dict[str, Any]]:
    wanted = district.kubernetes
    ingress: dict[str, Any] = {
        "/spec/ingressClassName": wanted.ingress_class,
        "/spec/rules/0/host": wanted.host,
    }
    if wanted.tls_secret:
        ingress["/spec/tls"] = [{"hosts": [wanted.host], "secretName": wanted.tls_secret}]
    allowed = "/spec/ingress/0/from/0/namespaceSelector/matchLabels/kubernetes.io~1metadata.name"
    return [
        _patch("Ingress", "linli", ingress),
        _patch("NetworkPolicy", "from-ingress", {allowed: wanted.ingress_namespace}),
        _patch("NetworkPolicy", "everything", {"/spec/egress/1/ports": _servers(district)}),
    ]


def _servers(district: District) -> list[dict[str, Any]]:
    """The ports on which pods reach the broker and the database."""
    return [
        {"port": port, "protocol": "TCP"}
        for port in (district.database.port, broker.port_of(district))
    ]


def _scaling_patches(district: District) -> list[dict[str, Any]]:
    return [
        _patch(
            "ScaledObject",
            f"{_label(name)}-api",
            {
                "/spec/minReplicaCount": district.replicas[name],
                "/spec/maxReplicaCount": max(
                    district.kubernetes.most_replicas, district.replicas[name]
                ),
            },
        )
        for name in api_services()
        if consumed_by(name)
    ]


def _patch(kind: str, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set the values at these paths of one object."""
    operations = [{"op": "add", "path": path, "value": value} for path, value in values.items()]
    return {"target": {"kind": kind, "name": name}, "patch": _yaml(operations)}


def _label(service: str) -> str:
    """A service's name as Kubernetes allows it."""
    return service.replace("_", "-")


def _yaml(document: Any) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
