"""What all files of an overlay are written with: names, labels and patches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linli.deployment.files import as_yaml

Object = dict[str, Any]

KUSTOMIZATION: Mapping[str, Any] = {
    "apiVersion": "kustomize.config.k8s.io/v1beta1",
    "kind": "Kustomization",
}


def label_of(service: str) -> str:
    """A service's name as Kubernetes allows it."""
    return service.replace("_", "-")


def access_of(service: str) -> str:
    """The secret that lets a service into its schema and the broker."""
    return f"{label_of(service)}-access"


def labels(pairs: Mapping[str, str], *, selectors: bool) -> Object:
    """Recommended labels of all objects and pods, and perhaps of what selects these pods."""
    return {
        "pairs": {f"app.kubernetes.io/{name}": value for name, value in pairs.items()},
        "includeSelectors": selectors,
        "includeTemplates": True,
    }


def patch(kind: str, name: str | None, values: Mapping[str, Any]) -> Object:
    """Set the values at these paths of one object, or of the only one of its kind."""
    operations = [{"op": "add", "path": path, "value": value} for path, value in values.items()]
    target = {"kind": kind} if name is None else {"kind": kind, "name": name}
    return {"target": target, "patch": as_yaml(operations)}


def renamed(kind: str, values: Mapping[str, Any]) -> Object:
    """Set the values, the name among them, of the only object of its kind."""
    return {**patch(kind, None, values), "options": {"allowNameChange": True}}


def merge_into_pod(kind: str, name: str, pod: Object) -> Object:
    """Merge into the pod template of a Deployment or a Job."""
    version = "batch/v1" if kind == "Job" else "apps/v1"
    spec = {"template": pod}
    whole = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}
    return {"patch": as_yaml(whole)}
