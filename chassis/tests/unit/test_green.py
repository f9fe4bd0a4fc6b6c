"""What a service's process does to the standard library, seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys

PATCH = "from linli_chassis.process import green; green.patch(); green.patch()\n"


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_nothing_is_logged_about_eventlet_and_no_resolver_is_loaded_for_nothing() -> None:
    assert run(f"{PATCH}import sys; print('dns' in sys.modules)") == "False"


def test_a_name_that_takes_long_to_look_up_holds_nothing_else_up() -> None:
    before = """
import socket, time
sleep, look_up = time.sleep, socket.getaddrinfo
socket.getaddrinfo = lambda *args: sleep(0.5) or look_up(*args)
"""
    after = """
import eventlet
ticks = []
eventlet.spawn(lambda: [(ticks.append(1), eventlet.sleep(0.01)) for _ in range(10)])
address = socket.getaddrinfo("localhost", 80)
print(len(ticks), bool(address))
"""
    assert run(before + PATCH + after) == "10 True"


def test_a_name_that_does_not_exist_is_reported_as_usual() -> None:
    code = """import socket
try:
    socket.create_connection(("no-such-host.invalid", 1))
except socket.gaierror as error:
    print(type(error).__name__)
"""
    assert run(PATCH + code) == "gaierror"
