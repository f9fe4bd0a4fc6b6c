"""The overlay by which kustomize makes one district out of the templates in `deploy/kubernetes`."""

from linli.deployment.kubernetes.overlay import FOLDER, render

__all__ = ["FOLDER", "render"]
