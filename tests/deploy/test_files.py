"""The other files of deploy/: every service is in them, and the guide's blocks do what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from linli_contracts.manifest import api_services

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("service", api_services())
def test_compose_has_each_service_its_relay_and_its_migration(service: str) -> None:
    found = COMPOSE["services"]
    assert found[service]["build"]["args"]["SERVICE"] == service
    assert found[service]["command"] == ["linli_chassis", "run"]
    assert found[f"{service}-relay"]["command"] == ["linli_chassis", "relay"]
    assert found[f"{service}-migration"]["command"] == ["linli_chassis", "migrate"]
    assert (
        len(
            {found[name]["image"] for name in (service, f"{service}-relay", f"{service}-migration")}
        )
        == 1
    )
    for name in (service, f"{service}-relay"):
        assert found[name]["depends_on"] == {
            f"{service}-migration": {"condition": "service_completed_successfully"}
        }


@pytest.mark.parametrize("service", api_services())
def test_a_process_is_given_no_secret_but_its_own(service: str) -> None:
    def given(name: str) -> set[str]:
        return {
            one if isinstance(one, str) else one["source"]
            for one in COMPOSE["services"][name]["secrets"]
        }

    access = {f"{service}_database_url", f"{service}_amqp_uri"}
    assert given(service) == access | {"jwt_secret", "keys"}
    assert given(f"{service}-relay") == access
    assert given(f"{service}-migration") == {f"{service}_database_url"}


def test_webhooks_have_secrets_of_their_own_and_run_only_where_they_are_wanted() -> None:
    webhooks = COMPOSE["services"]["webhooks"]
    assert webhooks["profiles"] == ["webhooks"]
    given = {one if isinstance(one, str) else one["source"] for one in webhooks["secrets"]}
    assert given == {"webhooks_database_url", "webhooks_amqp_uri", "keys"}


def test_only_the_proxy_and_what_watches_publish_ports() -> None:
    published = {name: one["ports"] for name, one in COMPOSE["services"].items() if "ports" in one}
    assert set(published) == {"proxy", "prometheus", "grafana"}
    assert published["proxy"][0].startswith("${LINLI_ADDRESS:-127.0.0.1}:")
    assert all(published[name][0].startswith("127.0.0.1:") for name in ("prometheus", "grafana"))


def test_everything_has_limits_and_is_started_again() -> None:
    for name, one in COMPOSE["services"].items():
        if one.get("restart") == "no" or name.endswith("-migration"):
            continue
        assert one["restart"] == "unless-stopped", name
        assert {"cpus", "memory"} <= set(one["deploy"]["resources"]["limits"]), name


def test_the_proxy_passes_on_every_service() -> None:
    text = (DEPLOY / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    for pattern in re.findall(r"location ~ \^/api/\(([\w|]+)\)", text):
        assert pattern.split("|") == list(api_services())


def test_images_are_named_by_variables() -> None:
    for name, one in COMPOSE["services"].items():
        assert re.match(r"\$\{[A-Z_]+_(IMAGE|REGISTRY):-", one["image"]), name
    assert "ARG PYTHON_IMAGE=" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def requirements(service: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(DEPLOY / "requirements.py"), service, str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  # our own script


@pytest.mark.parametrize("service", [*api_services(), "platform"])
def test_an_image_is_made_of_its_own_part_of_the_workspace(service: str, tmp_path: Path) -> None:
    assert requirements(service, tmp_path).returncode == 0
    members = set((tmp_path / "members").read_text().split())
    others = {f"services/{name}" for name in api_services() if name != service}
    assert members >= {"contracts", "chassis"}
    assert others <= members if service == "platform" else not others & members
    for name in ("direct.txt", "build.txt"):
        entries = re.split(r"(?m)^(?=\S)", (tmp_path / name).read_text())[1:]
        assert entries
        assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)


def test_a_service_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = requirements("weather", tmp_path)
    assert done.returncode == 1
    assert "there are evaluation, grid, organization, service_desk and platform" in done.stderr


def test_the_guides_district_is_made_as_it_says(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- run: a district -->\n```bash\n(.*?)```", guide, re.DOTALL)
    assert len(blocks) >= 2
    (tmp_path / "deploy").symlink_to(DEPLOY)
    program = f"set -eu\nlinli() {{ '{sys.executable}' -m linli \"$@\"; }}\n" + "".join(blocks)
    subprocess.run(["bash", "-c", program], cwd=tmp_path, check=True)  # noqa: S603, S607  # the guide's own lines
    assert (tmp_path / "dongcheng" / "rendered" / "compose" / ".env").is_file()
    assert (tmp_path / "dongcheng" / "rendered" / "kubernetes" / "kustomization.yaml").is_file()


def test_an_image_can_be_made_with_what_sends_traces(tmp_path: Path) -> None:
    words = [sys.executable, str(DEPLOY / "requirements.py"), "grid", str(tmp_path)]
    for extras, there in (([], False), (["tracing"], True)):
        subprocess.run([*words, *extras], check=True)  # noqa: S603  # our own script
        assert ("opentelemetry-sdk==" in (tmp_path / "direct.txt").read_text()) == there
