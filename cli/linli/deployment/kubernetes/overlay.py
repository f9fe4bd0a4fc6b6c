"""The overlay of a district as a whole: what surrounds its services."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from linli.deployment import access, broker, observability
from linli.deployment.files import as_yaml, below, common, write_all
from linli.deployment.kubernetes.objects import (
    KUSTOMIZATION,
    Object,
    access_of,
    label_of,
    labels,
    patch,
)
from linli.deployment.kubernetes.scaling import NAME_REFERENCES, scaled_objects
from linli.deployment.kubernetes.services import COMMAND, command, kustomization_of
from linli.deployment.model import District
from linli.deployment.settings import files_inside

FOLDER = "rendered/kubernetes"


def render(district: District, secret_values: Mapping[str, str], deploy: Path) -> Path | None:
    """Write it, and give the folder that `kubectl apply --kustomize` takes.

    Where it is not wanted there is none, and what an earlier rendering has left is removed.

    Args:
        secret_values: the secrets of the district.
        deploy: the folder `deploy` of a checkout, from which templates are copied.
    """
    folder = district.folder / FOLDER
    if not district.on_kubernetes:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    contents: dict[str, str | bytes] = {
        "kustomization.yaml": as_yaml(overlay(district)),
        "namespace.yaml": as_yaml(namespace(district)),
        "ingress.yaml": as_yaml(ingress(district)),
        "observability/processes.yml": as_yaml(observability.expected_processes(district)),
        **common(district),
        **below(deploy / "kubernetes", "templates"),
        f"{COMMAND}/kustomization.yaml": as_yaml(command(district)),
    }
    for name, content in access.files(district, secret_values).items():
        contents[f"secrets/{name}"] = content
    if district.kubernetes.scaling:
        contents["scaling.yaml"] = as_yaml(*scaled_objects(district))
        contents["names.yaml"] = as_yaml(NAME_REFERENCES)
    # Computed before the services are added, of all that a Job may depend on, the image included.
    rendering = hashlib.sha256(repr(sorted(contents.items())).encode()).hexdigest()[:8]
    for manifest in district.services:
        path = f"{label_of(manifest.name)}/kustomization.yaml"
        contents[path] = as_yaml(kustomization_of(manifest, district, rendering))
    write_all(folder, contents)
    return folder


def overlay(district: District) -> Object:
    """The kustomization of a district."""
    scaling = district.kubernetes.scaling
    return {
        **KUSTOMIZATION,
        "namespace": district.label,
        "resources": [
            "templates/base",
            COMMAND,
            "namespace.yaml",
            "ingress.yaml",
            *(label_of(manifest.name) for manifest in district.services),
            *(["scaling.yaml"] if scaling else []),
        ],
        "configurations": ["names.yaml"] if scaling else [],
        "labels": [labels({"part-of": "linli"}, selectors=False)],
        "configMapGenerator": [
            {"name": "settings", "envs": ["settings.env"]},
            {"name": "files", "files": [f"files/{name}" for name in files_inside(district)]},
        ],
        "secretGenerator": [
            {"name": "tokens", "files": ["secrets/jwt_secret", "secrets/keys"]},
            *(_access(access_of(one.name), *access.names(one)) for one in district.services),
            _access(access_of("command"), access.OWNER_DATABASE_URL, access.OPERATOR_AMQP_URI),
        ],
        "patches": _patches(district),
    }


def namespace(district: District) -> Object:
    """The namespace of a district, in which nothing privileged may run."""
    restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": district.label, "labels": restricted}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def ingress(district: District) -> Object:
    """The district's one address. Health, readiness and metrics of services are not passed on."""
    wanted = district.kubernetes
    paths = [
        {
            "path": f"/api/{name}/",
            "pathType": "Prefix",
            "backend": {"service": {"name": f"{label_of(name)}-api", "port": {"name": "http"}}},
        }
        for name in district.api_services
    ]
    spec: Object = {
        "ingressClassName": wanted.ingress_class,
        "rules": [{"host": wanted.host, "http": {"paths": paths}}],
    }
    if wanted.tls_secret:
        spec["tls"] = [{"hosts": [wanted.host], "secretName": wanted.tls_secret}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "linli"},
        "spec": spec,
    }


def _access(name: str, database_url: str, amqp_uri: str) -> Object:
    files = [f"database_url=secrets/{database_url}", f"amqp_uri=secrets/{amqp_uri}"]
    return {"name": name, "files": files}


def _patches(district: District) -> list[Object]:
    """Whom the network lets in from outside, which servers pods reach, and who pulls images."""
    allowed = "/spec/ingress/0/from/0/namespaceSelector/matchLabels/kubernetes.io~1metadata.name"
    secret = district.kubernetes.pull_secret
    pull = {"/spec/template/spec/imagePullSecrets": [{"name": secret}]}
    ports = [
        {"port": port, "protocol": "TCP"}
        for port in (district.database.port, broker.port_of(district))
    ]
    return [
        patch("NetworkPolicy", "from-ingress", {allowed: district.kubernetes.ingress_namespace}),
        patch("NetworkPolicy", "everything", {"/spec/egress/1/ports": ports}),
        *(patch(kind, None, pull) for kind in ("Deployment", "Job") if secret),
    ]
