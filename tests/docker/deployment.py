"""A district of containers: described, rendered, and what tests do to it. It tests nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linli.base.context import write_state
from linli.deployment import compose, secrets
from linli.deployment.check import checked
from linli.deployment.init import begin
from linli.deployment.model import District
from linli.deployment.schema import load
from linli.local.supervisor import Supervisor
from linli_devkit.ports import free_port
from linli_devkit.processes import eventually
from linli_devkit.running_platform import RunningPlatform

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
IMAGES = {"registry": "linli-test", "version": "test"}
COMMAND_SECONDS = 900
_COLOURS = re.compile(
    r"\x1b\[[0-9;]*[A-Za-z]"
)  # which compose writes into logs even where nobody looks


def run(*words: str, code: int = 0, environ: Mapping[str, str] | None = None) -> str:
    """What a program wrote to both streams. Raises `AssertionError` for another exit code."""
    done = subprocess.run(  # noqa: S603  # our own words
        words,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == code, (
        f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout[-8000:]}"
    )
    return _COLOURS.sub("", done.stdout)


@dataclass
class Deployment:
    """One rendered district. `files` are its compose files.

    `project` is a name of its own, so that a district that really runs on this machine is left
    alone.
    """

    district: District
    secret_values: dict[str, str]
    rendered: Path
    files: list[Path]
    project: str
    prometheus_port: int = field(default_factory=free_port)

    @classmethod
    def make(
        cls,
        code: str,
        folder: Path,
        changes: Mapping[str, str],
        *,
        password_files: bool = True,
        project: str = "",
    ) -> Deployment:
        """Describe and render a district whose proxy listens on a free port.

        Args:
            changes: what to replace in district.toml.
            password_files: whether PostgreSQL's image takes its password from a file.
        """
        begin(code, folder, "en")
        path = folder / "district.toml"
        text = path.read_text(encoding="utf-8")
        images = {
            'registry = "linli"': 'registry = "linli-test"',
            'version = "0.1.0"': 'version = "test"',
        }
        for old, new in {"port = 8080": f"port = {free_port()}", **images, **changes}.items():
            assert old in text, old
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
        secrets.make_up(folder, secrets.names(load(folder)))
        district, secret_values = checked(folder)
        rendered = compose.render(district, secret_values, ROOT / "deploy")
        files = [rendered / "compose.yaml", *([] if password_files else [HERE / "compose.yaml"])]
        return cls(district, secret_values, rendered, files, project or f"linli-test-{code}")

    def change(self, changes: Mapping[str, str]) -> None:
        """Replace something in district.toml, and render again."""
        path = self.district.folder / "district.toml"
        text = path.read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
        secrets.make_up(path.parent, secrets.names(load(path.parent)))
        self.district, self.secret_values = checked(path.parent)
        compose.render(self.district, self.secret_values, ROOT / "deploy")

    @property
    def environ(self) -> dict[str, str]:
        """The variables of compose besides what was rendered."""
        return {
            "BUILD_NETWORK": "host",
            "LINLI_TEST_DATABASE_PASSWORD": self.secret_values[secrets.DATABASE_OWNER],
            "COMPOSE_PROFILES": compose.profiles(self.district),
            "PROMETHEUS_PORT": str(self.prometheus_port),
        }

    @property
    def own_names(self) -> dict[str, str]:
        """The variables by which programs of the guide find this district, in its folder."""
        files = os.pathsep.join(map(str, self.files))
        return {
            **self.environ,
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": files,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.district.http.port}"

    def compose(self, *words: str, code: int = 0) -> str:
        """What `docker compose` wrote."""
        files = [word for file in self.files for word in ("-f", str(file))]
        environment = ("--env-file", str(self.rendered / ".env"))
        return run(
            "docker",
            "compose",
            *environment,
            *files,
            "-p",
            self.project,
            *words,
            code=code,
            environ=self.environ,
        )

    def containers(self, service: str) -> list[str]:
        """The ids of the running containers of a service."""
        return self.compose("ps", "--quiet", "--status", "running", service).split()

    def await_healthy(self, container: str) -> None:
        """Wait until a container says it is well."""

        def healthy() -> bool:
            return (
                run("docker", "inspect", "-f", "{{.State.Health.Status}}", container).strip()
                == "healthy"
            )

        eventually(healthy, seconds=90, every=0.5)

    def inspected(self) -> list[Any]:
        """All containers as the engine knows them."""
        containers: list[Any] = json.loads(
            run("docker", "inspect", *self.compose("ps", "--all", "--quiet").split())
        )
        return containers

    def logs(self, *services: str) -> str:
        """What all services, or these, have said."""
        return self.compose("logs", "--no-color", "--no-log-prefix", *services)

    def take_down(self) -> None:
        """Remove its containers, networks and volumes; nothing happens where there are none."""
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "20")


@dataclass
class ContainerPlatform(RunningPlatform):
    """The platform behind the proxy, used by the local command without database access."""

    deployment: Deployment | None = None

    @classmethod
    def of(cls, deployment: Deployment, home: Path) -> ContainerPlatform:
        environ = {
            "LINLI_DISTRICT": deployment.district.code,
            "LINLI_JWT_SECRET": deployment.secret_values[secrets.JWT_SECRET],
        }
        state = {"district": environ["LINLI_DISTRICT"], "jwt_secret": environ["LINLI_JWT_SECRET"]}
        write_state(home, {"url": deployment.url, **state})
        return cls(home, Supervisor([], deployment.url, environ), deployment=deployment)

    def idle(self, seconds: float = 60) -> None:
        """Wait until no event is on its way, with the command in a container."""
        assert self.deployment
        self.deployment.compose("run", "--rm", "-T", "linli", "status", "--wait-idle", str(seconds))
