"""Computing beside the event loop, and in a process of its own, each from a patched process."""

from __future__ import annotations

import subprocess
import sys

import pytest
from linli_chassis.process.offload import WorkerTimedOut, run_in_process, run_in_thread

PATCH = """
from linli_chassis.process import green
green.patch()
import eventlet, os, signal, subprocess, sys, time
from linli_chassis.process.offload import (
    WorkerProcessEnded, WorkersBusy, WorkerTimedOut, run_in_process, run_in_thread)

def children():
    command = ["ps", "--ppid", str(os.getpid()), "-o", "args="]
    listed = subprocess.run(command, capture_output=True, text=True)
    return [line for line in listed.stdout.splitlines() if "worker_process" in line]
"""


def run(code: str) -> str:
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", PATCH + code], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_without_an_event_loop_work_is_simply_called() -> None:
    assert run_in_thread(sum, [1, 2]) == 3
    assert run_in_process("builtins:sum", [1, 2]) == 3


def test_work_is_done_in_another_process_which_ends_with_it() -> None:
    apart = """
pid = run_in_process("os:getpid")
print(pid != os.getpid(), children())
"""
    assert run(apart) == "True []"


def test_meanwhile_the_event_loop_turns() -> None:
    ticking = """
ticks = []
eventlet.spawn(lambda: [(ticks.append(1), eventlet.sleep(0.01)) for _ in range(20)])
{}
print(len(ticks))
"""
    assert run(ticking.format('run_in_process("time:sleep", 0.5)')) == "20"
    assert (
        run(ticking.format("run_in_thread(eventlet.patcher.original('time').sleep, 0.5)")) == "20"
    )


def test_what_a_process_imports_is_not_imported_here() -> None:
    apart = """
print(run_in_process("filecmp:clear_cache"), "filecmp" in sys.modules)
"""
    assert run(apart) == "None False"


def test_much_goes_in_and_out() -> None:
    much = "much = list(range(10**6)); print(run_in_process('builtins:sorted', much) == much)"
    assert run(much) == "True"


def test_what_is_printed_does_not_mix_with_the_result() -> None:
    printing = "print(run_in_process('os:system', 'echo printed >&1 2>/dev/null; true'))"
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", PATCH + printing], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("0\n", "printed\n")


def test_what_work_raises_is_raised() -> None:
    failing = """
try:
    run_in_process("math:sqrt", -1)
except ValueError as error:
    print(error)
"""
    assert run(failing) == "math domain error"


def test_a_process_that_is_killed_is_an_error_and_the_next_work_is_done() -> None:
    killed = """
try:
    run_in_process("signal:raise_signal", signal.SIGKILL)
except WorkerProcessEnded as error:
    print(error, run_in_process("math:factorial", 4))
"""
    assert run(killed) == "signal:raise_signal was not finished 24"


def test_work_given_up_leaves_no_process_and_no_result_behind() -> None:
    given_up = """
try:
    with eventlet.Timeout(0.5):
        run_in_process("time:sleep", 30)
except eventlet.Timeout:
    print(children(), run_in_process("math:factorial", 4))
"""
    assert run(given_up) == "[] 24"


def test_works_asked_for_at_once_each_get_their_own_result() -> None:
    many = """
pool = eventlet.GreenPool()
print(list(pool.imap(lambda n: run_in_process("math:factorial", n), range(8))))
"""
    assert run(many) == "[1, 1, 2, 6, 24, 120, 720, 5040]"


def test_at_its_deadline_a_process_is_killed_while_the_event_loop_turned() -> None:
    late = """
ticks = []
eventlet.spawn(lambda: [(ticks.append(1), eventlet.sleep(0.01)) for _ in range(20)])
began = time.monotonic()
try:
    run_in_process("time:sleep", 30, seconds=0.5)
except WorkerTimedOut as error:
    print(error, time.monotonic() - began < 20, len(ticks), children())
"""
    assert run(late) == "time:sleep took over 0.5 s True 20 []"


def test_a_deadline_holds_without_an_event_loop_too() -> None:
    with pytest.raises(WorkerTimedOut):
        run_in_process("time:sleep", 30, seconds=0.2)


def test_a_process_that_takes_too_much_memory_is_ended() -> None:
    hungry = """
try:
    run_in_process("builtins:bytearray", 2**30, seconds=20, memory_bytes=2**28)
except MemoryError:
    print(run_in_process("math:factorial", 4, seconds=20))
"""
    assert run(hungry) == "24"


def test_of_processes_with_a_deadline_two_run_at_once_and_more_are_refused_in_time() -> None:
    many = """
def late(seconds):
    try:
        run_in_process("time:sleep", 30, seconds=seconds)
    except (WorkersBusy, WorkerTimedOut) as error:
        return type(error).__name__

pool = eventlet.GreenPool()
print(*pool.imap(late, [5, 5, 0.1, 0.1]), children())
"""
    assert run(many) == "WorkerTimedOut WorkerTimedOut WorkersBusy WorkersBusy []"
