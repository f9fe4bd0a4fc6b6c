"""The kustomization of one service: a template of `deploy/kubernetes` under the service's name."""

from __future__ import annotations

from pathlib import Path

from linli_contracts.manifest import Manifest

from linli.deployment import observability
from linli.deployment.kubernetes.objects import (
    KUSTOMIZATION,
    Object,
    access_of,
    label_of,
    labels,
    merge_into_pod,
    renamed,
)
from linli.deployment.kubernetes.scaling import is_scaled
from linli.deployment.model import District

TEMPLATES = Path("../templates")
"""Where the kustomizations of services find those of `deploy/kubernetes`."""

COMMAND = "linli"


def kustomization_of(manifest: Manifest, district: District, rendering: str) -> Object:
    """The kustomization of one service.

    Args:
        rendering: differs between renderings; the names of Jobs, which cannot be changed, end in
            it.
    """
    kind = "service" if manifest.service else "process"
    kinds = [kind, "internet"] if manifest.internet else [kind]
    own = _with_api(manifest, district, rendering) if manifest.service else _without_api(manifest)
    return {**_of_templates(manifest.name, district, *kinds), **own}


def command(district: District) -> Object:
    """The kustomization of the command, which knows the address of each service."""
    urls = [
        {"name": f"LINLI_{name.upper()}_URL", "value": f"http://{label_of(name)}-api"}
        for name in district.api_services
    ]
    pod = {"spec": {"containers": [{"name": COMMAND, "env": urls}]}}
    return {
        **_of_templates(COMMAND, district, "command"),
        "labels": [labels({"name": COMMAND}, selectors=False)],
        "patches": [merge_into_pod("Deployment", COMMAND, pod)],
    }


def _of_templates(name: str, district: District, *kinds: str) -> Object:
    images = district.images
    image = {"newName": f"{images.registry}/{name}", "newTag": images.version}
    return {
        **KUSTOMIZATION,
        "resources": [str(TEMPLATES / kind) for kind in kinds],
        "images": [{"name": "service", **image}],
    }


def _with_api(manifest: Manifest, district: District, rendering: str) -> Object:
    """What differs between services that have HTTP, a relay and a migration."""
    label = label_of(manifest.name)
    count = {"name": "api", "count": district.replicas[manifest.name]}
    relay = _pod(manifest, f"{manifest.name}-relay")
    migration = {"spec": {"volumes": [_access_volume(manifest)]}}
    return {
        "namePrefix": f"{label}-",
        "labels": [labels({"name": label}, selectors=True)],
        "replicas": [] if is_scaled(manifest.name, district) else [count],
        "patches": [
            merge_into_pod("Deployment", "api", _main_pod(manifest, "api")),
            merge_into_pod("Deployment", "relay", relay),
            merge_into_pod("Job", "migration", migration),
            renamed("Job", {"/metadata/name": f"migration-{rendering}"}),
        ],
    }


def _without_api(manifest: Manifest) -> Object:
    """What differs between services of one process. Its Deployment has the name of the service."""
    label = label_of(manifest.name)
    pod = merge_into_pod("Deployment", "process", _main_pod(manifest, "process"))
    container = "/spec/template/spec/containers/0/name"
    patches = [pod, renamed("Deployment", {"/metadata/name": label, container: label})]
    if manifest.internet:
        patches.append(renamed("NetworkPolicy", {"/metadata/name": f"{label}-to-endpoints"}))
    return {
        "labels": [
            labels({"component": label}, selectors=True),
            labels({"name": label}, selectors=False),
        ],
        "patches": patches,
    }


def _main_pod(manifest: Manifest, container: str) -> Object:
    """The pod of the service's main process: its secrets and its limits."""
    pod = _pod(manifest, manifest.name)
    items = [{"key": secret, "path": secret} for secret in manifest.secrets]
    files = [
        {"name": f"LINLI_{secret.upper()}_FILE", "value": f"/run/secrets/tokens/{secret}"}
        for secret in manifest.secrets
    ]
    # Compose's megabytes are those of 2**20 bytes.
    limits = {"cpu": manifest.cpus, "memory": f"{manifest.memory}i"}
    pod["spec"]["volumes"].append({"name": "tokens", "secret": {"items": items}})
    pod["spec"]["containers"] = [{"name": container, "env": files, "resources": {"limits": limits}}]
    return pod


def _pod(manifest: Manifest, process: str) -> Object:
    """A pod that may use the service's schema, with the names by which Prometheus knows it."""
    job = observability.processes(manifest)[process]
    return {
        "metadata": {"annotations": {"linli/process": process, "linli/job": job}},
        "spec": {"volumes": [_access_volume(manifest)]},
    }


def _access_volume(manifest: Manifest) -> Object:
    return {"name": "access", "secret": {"secretName": access_of(manifest.name)}}
