"""A checkout of an earlier commit with a virtual environment of its own, and its platform."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from linli.local.supervisor import Supervisor
from linli_devkit.ports import free_ports
from linli_devkit.processes import eventually
from linli_devkit.running_platform import RunningPlatform

ROOT = Path(__file__).parents[2]
UV = ROOT / ".tools" / "bin" / "uv"
COMMIT = "36c70fe"
"""The last commit before the code was laid out by features."""
MEMBERS = (
    "contracts",
    "chassis",
    "services/organization",
    "services/grid",
    "services/service_desk",
    "services/evaluation",
    "platform",
)
START_SECONDS = 90.0


@dataclass(frozen=True)
class _Environment:
    """What `RunningPlatform` asks of a supervisor."""

    environ: Mapping[str, str]
    url: str
    children: tuple[()] = ()


def is_in_history() -> bool:
    """Whether the commit can be checked out: not in a shallow clone or an archive."""
    return _run("git", "cat-file", "-e", f"{COMMIT}^{{commit}}", check=False).returncode == 0


def check_out(folder: Path) -> Path:
    """Put the commit into `folder` and install it there; the path of its Python."""
    archive = _run("git", "archive", "--format=tar", COMMIT).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)  # noqa: S603, S607
    python = folder / ".venv" / "bin" / "python"
    _run(str(UV), "venv", "--quiet", str(folder / ".venv"))
    pip = (str(UV), "pip", "--quiet", "--python", str(python))
    _run(*pip[:2], "sync", *pip[2:], "--require-hashes", str(folder / "requirements.lock"))
    sources = [word for member in MEMBERS for word in ("--editable", str(folder / member))]
    _run(*pip[:2], "install", *pip[2:], "--no-deps", "--no-build-isolation", *sources)
    return python


@dataclass(frozen=True)
class PreviousRelease:
    """The earlier commit's platform: its supervisor, and the processes that this has started."""

    platform: RunningPlatform
    supervisor: int

    def signal(self, number: signal.Signals, word: str) -> None:
        """Send a signal to its processes with this word in their command line."""
        for pid in self._pids(word):
            os.kill(pid, number)

    def kill(self) -> None:
        """End all of it as a power cut would, with events in outboxes and queues."""
        pids = self._pids("linli_chassis")
        os.kill(self.supervisor, signal.SIGKILL)  # first, or it starts the others again
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))

    def _pids(self, word: str) -> list[int]:
        pids = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # gone meanwhile
                words = (path / "cmdline").read_bytes().decode().split("\0")
                if _parent(path) == self.supervisor and word in words:
                    pids.append(int(path.name))
        assert pids, f"no process {word}"
        return pids


@contextmanager
def platform_of(
    python: Path, home: Path, *, amqp_uri: str, database_url: str
) -> Iterator[PreviousRelease]:
    """The platform of the earlier commit, running over this broker and database."""
    home.mkdir(exist_ok=True)
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LINLI_") and name not in ("DATABASE_URL", "AMQP_URI")
    }
    port = str(free_ports(4))
    command = [str(python), "-m", "linli", "up", "--port", port, "--home", str(home)]
    command += ["--amqp-uri", amqp_uri, "--database-url", database_url]
    with (home / "up.log").open("wb") as log:
        running = subprocess.Popen(command, env=environ, stdout=log, stderr=log, cwd=home)  # noqa: S603
    try:
        ready = eventually(lambda: _ready(home, running), seconds=START_SECONDS, every=0.2)
        yield PreviousRelease(ready, running.pid)
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
        running.wait(60)


def _parent(process: Path) -> int:
    """As proc(5) has it: the fourth field, the second behind the name in brackets."""
    fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[1])


def _ready(home: Path, running: subprocess.Popen[bytes]) -> RunningPlatform | None:
    assert running.poll() is None, (home / "up.log").read_text(encoding="utf-8")
    path = home / "state.json"
    if not path.exists():
        return None
    state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    urls = {f"LINLI_{name.upper()}_URL": url for name, url in state["urls"].items()}
    environ = {
        **urls,
        "LINLI_DISTRICT": state["district"],
        "LINLI_JWT_SECRET": state["jwt_secret"],
        "DATABASE_URL": state["database_url"],
    }
    return RunningPlatform(home, cast(Supervisor, _Environment(environ, state["url"])))


def _run(*words: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(words, cwd=ROOT, check=check, capture_output=True)  # noqa: S603
