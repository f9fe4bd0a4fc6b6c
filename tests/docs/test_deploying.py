"""What docs/deploying.md says of a real broker and database holds, with least rights."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from linli_contracts.manifest import api_services
from linli_devkit.ports import free_ports
from linli_devkit.processes import eventually
from linli_devkit.rabbitmq import RabbitServer

from .broker import PASSWORD, Broker, broker
from .pages import page, script

PAGE = page("docs/deploying.md")
pytestmark = pytest.mark.broker


@pytest.fixture
def account(rabbit: RabbitServer) -> Iterator[Broker]:
    with broker(rabbit) as new_broker:
        yield new_broker


def surroundings(amqp_uri: str, database_url: str) -> dict[str, str]:
    """The environment of a person who has set the two addresses and nothing else of ours."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ours = {
        "AMQP_URI": amqp_uri,
        "DATABASE_URL": database_url,
        "LINLI_LANGUAGE": "en",
        "PYTHONUNBUFFERED": "1",
    }
    return {**others, **ours, "PATH": path, "BROKER_PASSWORD": PASSWORD}


@contextmanager
def running(
    words: list[str], folder: Path, environ: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A program in a session of its own, stopped afterwards."""
    with (folder / "output").open("wb") as output:
        program = subprocess.Popen(  # noqa: S603  # the words are ours
            words, cwd=folder, env=environ, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield program
    finally:
        os.killpg(program.pid, signal.SIGTERM)
        try:
            program.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            raise


def waits_for_sigterm(pid: int) -> bool:
    """Whether a process handles SIGTERM itself by now, by the mask of signals that it catches."""
    status = Path(f"/proc/{pid}/status").read_text()
    [mask] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
    return bool(int(mask, 16) & 1 << signal.SIGTERM - 1)


def ready(address: str) -> bool:
    try:
        return requests.get(f"http://{address}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_a_service_and_its_relay_start_as_the_guide_says(
    account: Broker, database: Callable[[list[str]], str], tmp_path: Path
) -> None:
    program = account.carry_out(script(PAGE, "broker"))
    address = f"127.0.0.1:{free_ports(1)}"
    environ = {**surroundings(account.uri("linli"), database([])), "LINLI_HTTP_BIND": address}
    with running(["bash", "-c", f"set -eu\n{program}\nwait"], tmp_path, environ) as shell:
        eventually(lambda: ready(address), seconds=60)
        assert shell.poll() is None
        eventually(lambda: "relay publishes" in (tmp_path / "output").read_text())
        wanted = {"linli.grid", "linli.service_desk", "linli.evaluation", "linli.log"}
        eventually(
            lambda: (
                wanted
                <= {
                    queue["name"] for queue in account.server.api("GET", f"/queues/{account.vhost}")
                }
            )
        )


def test_one_command_starts_eight_processes_and_stops_them(
    account: Broker, database: Callable[[list[str]], str], tmp_path: Path
) -> None:
    account.carry_out(script(PAGE, "broker"))
    first = free_ports(len(api_services()))
    amqp_uri, database_url = account.uri("linli"), database([])
    words = [
        "linli",
        "up",
        "--port",
        str(first),
        "--amqp-uri",
        amqp_uri,
        "--database-url",
        database_url,
    ]
    with running(words, tmp_path, surroundings("", "")) as command:
        for port in range(first, first + len(api_services())):
            eventually(lambda port=port: ready(f"127.0.0.1:{port}"), seconds=90)
        eventually(lambda: waits_for_sigterm(command.pid))
    assert command.returncode == 0
    assert not any(ready(f"127.0.0.1:{port}") for port in range(first, first + len(api_services())))
