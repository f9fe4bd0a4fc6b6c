"""Compose, the proxy and the images: every service is there; the guide's blocks work."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from linli_contracts.manifest import api_services, installed_services

from .conftest import DEPLOY, Rendered

ROOT = DEPLOY.parent


@pytest.mark.parametrize("service", api_services())
def test_compose_has_each_service_its_relay_and_its_migration(
    service: str, rendered: Rendered
) -> None:
    services = rendered.services
    assert services[service]["build"]["args"]["SERVICE"] == service
    assert services[service]["command"] == ["linli_chassis", "run"]
    assert services[f"{service}-relay"]["command"] == ["linli_chassis", "relay"]
    assert services[f"{service}-migration"]["command"] == ["linli_chassis", "migrate"]
    assert (
        len(
            {
                services[name]["image"]
                for name in (service, f"{service}-relay", f"{service}-migration")
            }
        )
        == 1
    )
    for name in (service, f"{service}-relay"):
        assert services[name]["depends_on"] == {
            f"{service}-migration": {"condition": "service_completed_successfully"}
        }


def secrets_of(rendered: Rendered, name: str) -> set[str]:
    names = rendered.services[name]["secrets"]
    return {one if isinstance(one, str) else one["source"] for one in names}


@pytest.mark.parametrize("service", api_services())
def test_a_process_is_given_no_secret_but_its_own(service: str, rendered: Rendered) -> None:
    access = {f"{service}_database_url", f"{service}_amqp_uri"}
    assert secrets_of(rendered, service) == access | {"jwt_secret", "keys"}
    assert secrets_of(rendered, f"{service}-relay") == access
    assert secrets_of(rendered, f"{service}-migration") == {f"{service}_database_url"}


def test_webhooks_have_secrets_of_their_own_and_run_only_where_they_are_wanted(
    rendered: Rendered, plain: Rendered
) -> None:
    assert "webhooks" not in plain.services
    own = {"webhooks_database_url", "webhooks_amqp_uri", "keys"}
    assert secrets_of(rendered, "webhooks") == own
    assert rendered.services["webhooks"]["command"] == ["linli_chassis", "run"]
    assert not {"webhooks-relay", "webhooks-migration"} & set(rendered.services)


def test_every_secret_that_is_named_is_a_file(rendered: Rendered) -> None:
    files = {name: one["file"] for name, one in rendered.document["secrets"].items()}
    named = {
        one if isinstance(one, str) else one["source"]
        for service in rendered.services.values()
        for one in service.get("secrets", ())
    }
    assert named == set(files)
    for name, path in files.items():
        assert (rendered.compose / path).is_file(), name


def test_compose_is_complete_by_itself(rendered: Rendered) -> None:
    """`docker compose` in the rendered folder needs no other file and no other variable."""
    text = (rendered.compose / "compose.yaml").read_text(encoding="utf-8")
    variables = dict(
        line.split("=", 1) for line in (rendered.compose / ".env").read_text().splitlines()
    )
    assert "COMPOSE_FILE" not in variables
    needed = set(re.findall(r"\$\{([A-Z_]+)(?:\}|:\?)", text))
    assert needed == {"LINLI_CHECKOUT", "LINLI_VERSION"}
    assert needed <= set(variables)
    checkout = rendered.compose / variables["LINLI_CHECKOUT"]
    assert (checkout / "deploy" / "Dockerfile").is_file()
    for service in rendered.services.values():
        for volume in service.get("volumes", ()):
            source = volume.rpartition(":/")[0]
            if "/" in source:
                assert (rendered.compose / source).exists(), source


def test_only_the_proxy_and_what_watches_publish_ports(rendered: Rendered) -> None:
    published = {name: one["ports"] for name, one in rendered.services.items() if "ports" in one}
    assert set(published) == {"proxy", "prometheus", "grafana"}
    assert published["proxy"][0].startswith("${LINLI_ADDRESS:-127.0.0.1}:")
    assert all(published[name][0].startswith("127.0.0.1:") for name in ("prometheus", "grafana"))


def test_everything_has_limits_and_is_started_again(rendered: Rendered) -> None:
    for name, one in rendered.services.items():
        if one.get("restart") == "no" or name.endswith("-migration"):
            continue
        assert one["restart"] == "unless-stopped", name
        assert {"cpus", "memory"} <= set(one["deploy"]["resources"]["limits"]), name


def test_the_proxy_passes_on_every_service_and_limits_what_needs_no_token(
    rendered: Rendered,
) -> None:
    nginx = (DEPLOY / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    assert "include /etc/nginx/linli/services.conf;" in nginx
    assert (rendered.compose / "proxy" / "nginx.conf").read_text(encoding="utf-8") == nginx
    text = (rendered.compose / "proxy" / "services.conf").read_text(encoding="utf-8")
    assert re.findall(r"location ~ \^/api/(\w+)/ {", text) == list(api_services())
    assert text.index("/api/service_desk/v1/(") < text.index("/api/service_desk/ {")
    limited = dict(
        re.findall(r"location ~ \^/api/(\w+)/v1/\(([\w|]+)\)\(/\|\$\) {\n +limit_req", text)
    )
    assert limited == {"grid": "tracking", "service_desk": "tracking|feedback|services"}


def test_the_upgrade_knows_every_process(rendered: Rendered) -> None:
    lines = (rendered.compose / ".env").read_text().splitlines()
    variables = dict(line.split("=", 1) for line in lines)
    assert variables["LINLI_SERVICES"].split() == list(api_services())
    ours = {
        name for name, one in rendered.services.items() if "settings.env" in one.get("env_file", ())
    }
    migrations = {f"{name}-migration" for name in api_services()}
    relays = set(variables["LINLI_PROCESSES"].split())
    assert relays | set(api_services()) | migrations | {"linli"} == ours
    script = rendered.compose / "upgrade.sh"
    subprocess.run(["sh", "-n", str(script)], check=True)  # noqa: S603, S607


def test_images_are_named_by_variables(rendered: Rendered) -> None:
    for name, one in rendered.services.items():
        assert re.match(r"\$\{[A-Z_]+_(IMAGE|REGISTRY):-", one["image"]), name
    assert "ARG PYTHON_IMAGE=" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def test_no_file_of_deploy_names_a_service(rendered: Rendered) -> None:
    """What depends on the set of services is rendered; only examples name them."""
    words = re.compile(rf"\b({'|'.join(installed_services())})\b".replace("_", "[_-]"))
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.suffix in (".yaml", ".yml", ".conf", ".py"):
            if path.name == "alerts.test.yml":
                continue
            code = re.sub(r"(?m)^\s*#.*$", "", path.read_text(encoding="utf-8"))
            assert not words.search(code), f"{path.relative_to(ROOT)}: {words.search(code)}"


def requirements(service: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(DEPLOY / "requirements.py"), service, str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  # our own script


COMMAND = ("linli", "platform")  # the image of the command, and its former name


@pytest.mark.parametrize("service", [*installed_services(), *COMMAND])
def test_an_image_is_made_of_its_own_part_of_the_workspace(service: str, tmp_path: Path) -> None:
    assert requirements(service, tmp_path).returncode == 0
    members = set((tmp_path / "members").read_text().split())
    others = {f"services/{name}" for name in installed_services() if name != service}
    assert members >= {"contracts", "chassis"}
    assert others <= members if service in COMMAND else not others & members
    solver = "ortools==" in (tmp_path / "direct.txt").read_text()
    assert solver == (service in (*COMMAND, "service_desk"))
    for name in ("direct.txt", "build.txt"):
        entries = re.split(r"(?m)^(?=\S)", (tmp_path / name).read_text())[1:]
        assert entries
        assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)


def test_a_service_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = requirements("weather", tmp_path)
    assert done.returncode == 1
    names = re.search(r"there are (.*) and linli", done.stderr)
    assert names
    assert set(names[1].split(", ")) >= set(installed_services())


def test_the_guides_district_is_made_as_it_says(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- run: a district -->\n```bash\n(.*?)```", guide, re.DOTALL)
    assert len(blocks) >= 2
    (tmp_path / "deploy").symlink_to(DEPLOY)
    program = f"set -eu\nlinli() {{ '{sys.executable}' -m linli \"$@\"; }}\n" + "".join(blocks)
    subprocess.run(["bash", "-c", program], cwd=tmp_path, check=True)  # noqa: S603, S607  # the guide's own lines
    assert (tmp_path / "dongcheng" / "rendered" / "compose" / ".env").is_file()
    assert (tmp_path / "dongcheng" / "rendered" / "compose" / "compose.yaml").is_file()


def test_an_image_can_be_made_with_what_sends_traces(tmp_path: Path) -> None:
    words = [sys.executable, str(DEPLOY / "requirements.py"), "grid", str(tmp_path)]
    for extras, there in (([], False), (["tracing"], True)):
        subprocess.run([*words, *extras], check=True)  # noqa: S603  # our own script
        assert ("opentelemetry-sdk==" in (tmp_path / "direct.txt").read_text()) == there
