"""Playing all plans of the sample at once: over HTTP, a few of them at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from linli.base.errors import Failure
from linli.base.i18n import t
from linli_client import ServiceProblem
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from linli_demo.actors import Actors, Play
from linli_demo.district import DemoPlatform

THREADS = 4
DEADLINE_SECONDS = 90.0
POLL_SECONDS = 0.2
PROGRESS_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
)
STATES = ("established", "dispatched", "handling", "resolved", "closed")


@dataclass
class Outcome:
    """What became of the plays: `unmatched` are the cases that nobody could take."""

    plays: list[Play]
    unmatched: list[dict[str, Any]] = field(default_factory=list)


def play_all(platform: DemoPlatform, actors: Actors, plays: list[Play]) -> Outcome:
    """Register, receive and bring every case to its end.

    Raises:
        Failure: some cases were not at their end after a minute and a half.
    """
    with (
        Progress(*PROGRESS_COLUMNS, console=platform.output.notes) as progress,
        ThreadPoolExecutor(THREADS) as pool,
    ):

        def do_all(title: str, act: Callable[[Play], object], chosen: list[Play]) -> None:
            task = progress.add_task(title, total=len(chosen))
            for _ in pool.map(act, chosen):
                progress.advance(task)

        by_key = {play.plan.key: play for play in plays}
        new = [play for play in plays if not play.request_id]
        do_all(t("requests registered"), actors.register, new)
        do_all(t("looked at by grid workers"), lambda play: actors.receive(play, by_key), new)
        verified = [play for play in plays if play.plan.on_arrival == "verify"]
        task = progress.add_task(t("cases at their end"), total=len(verified))
        unmatched = _drive(
            actors, verified, pool, lambda done: progress.update(task, completed=done)
        )
    return Outcome(plays, unmatched)


def _drive(
    actors: Actors,
    verified: list[Play],
    pool: ThreadPoolExecutor,
    progress: Callable[[int], None],
) -> list[dict[str, Any]]:
    """Look at all cases, do what is next for each, and look again; those that nobody could take."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        cases = {case["request_id"]: case for state in STATES for case in actors.cases(state=state)}
        unmatched = [case for case in cases.values() if is_unmatched(case)]
        done = sum(at_end(play, cases.get(play.request_id)) for play in verified)
        progress(done)
        if done == len(verified):
            return unmatched
        theirs = [cases.get(play.request_id) for play in verified]
        acts = list(pool.map(partial(_act, actors), verified, theirs))
        if not any(acts):
            if time.monotonic() > deadline:
                raise _stuck(verified, cases)
            time.sleep(POLL_SECONDS)  # until the next round of matching there is nothing to do


def _act(actors: Actors, play: Play, case: dict[str, Any] | None) -> str | None:
    if case is None:
        return None
    try:
        return actors.act(play, case)
    except ServiceProblem as problem:
        if problem.status != 409:  # the case went on since we looked at it
            raise
        return None


def is_unmatched(case: dict[str, Any]) -> bool:
    """Whether matching has tried and found nobody."""
    return bool(case["state"] == "established" and case.get("unmatched_reasons"))


def at_end(play: Play, case: dict[str, Any] | None) -> bool:
    """Whether nothing more is to come under this plan."""
    if case is None:
        return False
    rated = play.rated or play.plan.rating is None
    return is_unmatched(case) or (case["state"] == "closed" and rated)


def _stuck(verified: Iterable[Play], cases: dict[str, dict[str, Any]]) -> Failure:
    states: dict[str, int] = {}
    for play in verified:
        case = cases.get(play.request_id)
        if not at_end(play, case):
            state = case["state"] if case else "–"
            states[state] = states.get(state, 0) + 1
    shown = ", ".join(f"{state}: {count}" for state, count in sorted(states.items()))
    return Failure(
        t(
            "Some cases did not come to their end in {seconds} s ({states}).",
            seconds=DEADLINE_SECONDS,
            states=shown,
        ),
        "linli status",
    )
