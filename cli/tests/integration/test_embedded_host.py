"""The one process of the embedded platform ends when a part of it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from linli_devkit.client import ENVIRON
from linli_devkit.ports import free_port
from linli_devkit.processes import process

_BROKEN = """
from linli_chassis.process import green
green.patch()
from nameko.containers import ServiceContainer
from linli.local.processes import run_embedded
from linli_chassis.messaging.relay import Relay

def broken(self):
    raise ValueError("张三 lives at door 5")

{part} = broken
run_embedded()
"""


@pytest.mark.parametrize(
    ("part", "name"),
    [("Relay.run", "grid relay"), ("ServiceContainer.wait", "grid")],
)
def test_a_part_that_ends_ends_the_process_with_a_line_that_names_it(
    tmp_path: Path, part: str, name: str
) -> None:
    environ = {
        **ENVIRON,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "AMQP_URI": "",
        "LINLI_HTTP_BIND": f"127.0.0.1:{free_port()}",
    }
    with process(["-c", _BROKEN.format(part=part)], environ, tmp_path / "log") as running:
        assert running.wait(60) == 1, (tmp_path / "log").read_text()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    ended = [line for line in lines if line["event"] == "a part of the platform ended"]
    assert name in {line["part"] for line in ended}
    assert "ValueError" in ended[0]["exception"]
    assert "张三" not in (tmp_path / "log").read_text()
