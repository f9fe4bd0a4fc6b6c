"""A district as `linli district render` writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from linli.deployment import compose, kubernetes, secrets
from linli.deployment.check import checked
from linli.deployment.init import begin
from linli.deployment.schema import load

DEPLOY = Path(__file__).parents[2] / "deploy"


HOSTS = {
    '# host = "city.example"': 'host = "city.example"',
    'host = "broker"': 'host = "mq.example"',
    'host = "database"': 'host = "pg.example"',
}
"""What Kubernetes needs."""


@dataclass(frozen=True)
class Rendered:
    """The two folders of one district."""

    compose: Path
    kubernetes: Path

    @property
    def document(self) -> Any:
        """Its compose.yaml."""
        return yaml.safe_load((self.compose / "compose.yaml").read_text(encoding="utf-8"))

    @property
    def services(self) -> dict[str, Any]:
        """The services of its compose.yaml."""
        services: dict[str, Any] = self.document["services"]
        return services


def render(folder: Path, changes: dict[str, str]) -> Rendered:
    """Describe and render a district with these replacements in its district.toml."""
    begin("110101", folder, "en")
    path = folder / "district.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    secrets.make_up(folder, secrets.names(load(folder)))
    district, secret_values = checked(folder)
    overlay = kubernetes.render(district, secret_values, DEPLOY)
    composed = compose.render(district, secret_values, DEPLOY)
    return Rendered(composed, overlay or folder / kubernetes.FOLDER)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """A district with every service that there is."""
    changes = {"webhooks = false": "webhooks = true", **HOSTS}
    return render(tmp_path_factory.mktemp("rendered") / "district", changes)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """A district as `linli district init` begins it."""
    return render(tmp_path_factory.mktemp("plain") / "district", {})
