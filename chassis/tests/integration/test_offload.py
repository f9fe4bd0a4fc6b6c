"""Computing beside the event loop, and in a process of its own, each time from a process that is
patched.
"""

from __future__ import annotations

import subprocess
import sys

from linli_chassis.process.offload import offload, offload_apart

PATCH = """
from linli_chassis.process import green
green.patch()
import eventlet, os, signal, time
from linli_chassis.process import offload as module
from linli_chassis.process.offload import ComputingEnded, offload, offload_apart

def child():
    return module._apart._process.pid

def gone(pid):
    with eventlet.Timeout(10):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
            eventlet.sleep(0.01)
"""


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PATCH + code], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_without_an_event_loop_work_is_simply_called() -> None:
    assert offload(sum, [1, 2]) == 3
    assert offload_apart("builtins:sum", [1, 2]) == 3


def test_work_apart_is_done_in_another_process_which_is_kept_for_the_next() -> None:
    assert run(
        "a, b = offload_apart('os:getpid'), offload_apart('os:getpid'); print(a == b == child() != os.getpid())"
    )


def test_meanwhile_the_event_loop_turns() -> None:
    ticking = """
ticks = []
eventlet.spawn(lambda: [(ticks.append(1), eventlet.sleep(0.01)) for _ in range(20)])
offload_apart("time:sleep", 0.5)
print(len(ticks))
"""
    assert run(ticking) == "20"


def test_much_goes_in_and_out() -> None:
    assert (
        run("much = list(range(10**6)); print(offload_apart('builtins:sorted', much) == much)")
        == "True"
    )


def test_what_work_raises_is_raised_and_the_process_goes_on() -> None:
    failing = """
offload_apart("os:getpid")
before = child()
try:
    offload_apart("math:sqrt", -1)
except ValueError as error:
    print(error, child() == before)
"""
    assert run(failing) == "math domain error True"


def test_a_process_that_is_killed_is_told_and_the_next_work_has_a_new_one() -> None:
    killed = """
try:
    offload_apart("signal:raise_signal", signal.SIGKILL)
except ComputingEnded as error:
    print(error, offload_apart("math:factorial", 4))
offload_apart("os:getpid")
os.kill(child(), signal.SIGKILL)
module._apart._process.wait()
print(offload_apart("math:factorial", 5))
"""
    assert run(killed) == "signal:raise_signal was not finished 24\n120"


def test_work_given_up_leaves_no_answer_behind() -> None:
    given_up = """
try:
    with eventlet.Timeout(0.3):
        offload_apart("time:sleep", 30)
except eventlet.Timeout:
    print(offload_apart("math:factorial", 4))
"""
    assert run(given_up) == "24"


def test_it_ends_when_it_has_nothing_to_do() -> None:
    idle = """
module.IDLE_SECONDS = 0.2
first = offload_apart("os:getpid")
print(gone(first), offload_apart("os:getpid") != first)
"""
    assert run(idle) == "True True"


def test_works_asked_for_at_once_each_get_their_own_answer() -> None:
    many = """
pool = eventlet.GreenPool()
print(list(pool.imap(lambda n: offload_apart("math:factorial", n), range(8))))
"""
    assert run(many) == "[1, 1, 2, 6, 24, 120, 720, 5040]"


def test_it_ends_with_the_process_it_computes_for() -> None:
    pid = int(run("print(offload_apart('os:getpid'))"))
    found = subprocess.run(["ps", "-p", str(pid)], capture_output=True, text=True, timeout=10)  # noqa: S603, S607
    assert "linli_chassis.process.worker_process" not in found.stdout
