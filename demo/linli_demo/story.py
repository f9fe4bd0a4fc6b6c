"""The story of one request: each step as it happens, who did it, where, and how long it took."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from linli.base.errors import Failure
from linli.base.i18n import mark, t
from linli_client import ServiceProblem
from linli_contracts.envelope import Event
from rich.console import Console
from rich.table import Table
from rich.text import Text

from linli_demo.actors import Actors, Play
from linli_demo.district import DemoPlatform
from linli_demo.plan import Plan

DEADLINE_SECONDS = 30.0
POLL_SECONDS = 0.05

STEPS = {
    "request_registered": (
        mark("resident"),
        mark("asks for help; the place is found in grid {grid}"),
    ),
    "request_verified": (mark("grid worker"), mark("goes and looks: the request is real")),
    "case_opened": (mark("system"), mark("establishes a case and its limits")),
    "case_dispatched": (
        mark("matching"),
        mark("gives it to {unit}, which fits best; the clock starts"),
    ),
    "case_unmatched": (mark("matching"), mark("finds nobody who could take it")),
    "case_accepted": (mark("provider"), mark("accepts")),
    "case_declined": (mark("provider"), mark("declines; it is matched again")),
    "case_returned": (mark("provider"), mark("returns it: not its duty")),
    "case_resolved": (mark("provider"), mark("reports the work as done, with evidence")),
    "case_reworked": (mark("reviewer"), mark("finds it not as reported; back to handling")),
    "case_closed": (mark("reviewer"), mark("checks on site and closes the case")),
    "case_rated": (mark("resident"), mark("says how it went: {satisfaction} of 5")),
    "case_overdue": (mark("system"), mark("notes that a limit has passed")),
    "case_escalated": (mark("system"), mark("raises the case one level")),
}


@dataclass(frozen=True)
class Step:
    """One line of the story; `ms` since the step before, None for the first."""

    ms: float | None
    who: str
    service: str
    fact: str
    what: str


class Follower:
    """Follows the events of the platform from a thread, and hands over those of one request."""

    def __init__(self, platform: DemoPlatform) -> None:
        self._queue: queue.Queue[Event | Exception] = queue.Queue()
        self._events = platform.operations.tail(datetime.now(UTC))
        threading.Thread(target=self._follow, daemon=True, name="demo-follower").start()

    def _follow(self) -> None:
        try:
            for event in self._events:
                self._queue.put(event)
        except Exception as error:  # raised in the thread that waits
            self._queue.put(error)

    def next(self, request_id: str, deadline: float) -> Event:
        """The next event of the request. Raises `queue.Empty` at `deadline` (monotonic)."""
        while True:
            event = self._queue.get(timeout=max(0.001, deadline - time.monotonic()))
            if isinstance(event, Exception):
                raise Failure(t("The events could not be followed: {error}", error=str(event)))
            if event.correlation_id == request_id:
                return event


class StoryPrinter:
    """Prints the steps one by one, the moment each is known; `names` of units and grids by id."""

    def __init__(self, console: Console, names: Mapping[str, str]) -> None:
        self.console = console
        self.names = names
        self.steps: list[Step] = []
        self.last_at: datetime | None = None

    def head(self) -> None:
        self._line("", t("ms"), t("Who"), t("Service"), t("Event"), t("What happens"), style="bold")

    def print_event(self, event: Event) -> None:
        _, service, fact, _ = event.type.split(".")
        who, what = STEPS.get(fact, (mark("system"), fact.replace("_", " ")))
        unit, grid = event.data.get("unit_id"), event.data.get("grid_code")
        known = {"unit": self.names.get(str(unit), unit), "grid": self.names.get(str(grid), grid)}
        self.step(
            published_at(event),
            t(who),
            service,
            fact,
            t(what, satisfaction=event.data.get("satisfaction"), **known),
        )

    def step(self, at: datetime, who: str, service: str, fact: str, what: str) -> None:
        ms = None if self.last_at is None else max(0.0, (at - self.last_at).total_seconds() * 1000)
        self.last_at = at
        self.steps.append(Step(ms, who, service, fact, what))
        self._line(
            str(len(self.steps)), "" if ms is None else f"+{ms:,.0f}", who, service, fact, what
        )

    def _line(
        self, number: str, ms: str, who: str, service: str, fact: str, what: str, style: str = ""
    ) -> None:
        grid = Table.grid(padding=(0, 1), expand=False)
        for width, justify in (
            (2, "right"),
            (7, "right"),
            (12, "left"),
            (13, "left"),
            (19, "left"),
        ):
            grid.add_column(width=width, justify=justify, no_wrap=True)  # type: ignore[arg-type]
        grid.add_column(overflow="fold")
        cells = (
            (number, "dim"),
            (ms, "yellow"),
            (who, "bold"),
            (service, "cyan"),
            (fact, "green"),
            (what, ""),
        )
        grid.add_row(*(Text(text, style=style or own) for text, own in cells))
        self.console.print(grid)


def play_story(platform: DemoPlatform, actors: Actors, plan: Plan) -> tuple[Play, StoryPrinter]:
    """Play one plan, slowly enough to be read, and print every event of it.

    Raises:
        Failure: a step did not happen in time.
    """
    follower, printer, play = (
        Follower(platform),
        StoryPrinter(platform.output.notes, _names(platform)),
        Play(plan),
    )
    platform.output.notes.print(Text(f"“{plan.request['description']}”", style="italic"))
    printer.head()
    actors.register(play)
    _until(follower, printer, play, "request_registered")
    actors.receive(play, {})
    _until(follower, printer, play, "case_dispatched")
    for state, fact in (
        ("dispatched", "case_accepted"),
        ("handling", "case_resolved"),
        ("resolved", "case_closed"),
    ):
        case = _case(actors, play, state)
        actors.act(play, case)
        _until(follower, printer, play, fact)
    if plan.rating:
        actors.act(play, _case(actors, play, "closed"))
        _until(follower, printer, play, "case_rated")
    fact_row = awaited(lambda: fact_of(platform, play.request_id), t("the fact in evaluation"))
    printer.step(datetime.now(UTC), t("system"), "evaluation", "—", _scored(fact_row))
    return play, printer


def fact_of(platform: DemoPlatform, request_id: str) -> dict[str, Any] | None:
    """The request's fact once it is rated; None before."""
    try:
        fact: dict[str, Any] = platform.client.get("evaluation", f"/facts/{request_id}")
    except ServiceProblem as problem:
        if problem.status != 404:
            raise
        return None
    return fact if fact.get("rated_at") else None


def awaited(look: Callable[[], Any], what: str, seconds: float = DEADLINE_SECONDS) -> Any:
    """What `look` finds, as soon as it finds something. Raises `Failure` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        result = look()
        if result:
            return result
        if time.monotonic() > deadline:
            raise Failure(
                t("Waited {seconds} s in vain for: {what}", seconds=seconds, what=what),
                "linli status",
            )
        time.sleep(POLL_SECONDS)


def published_at(event: Event) -> datetime:
    """When an event was written, from its UUIDv7; its `time` may lie before."""
    return datetime.fromtimestamp((event.id.int >> 80) / 1000, UTC)


def _names(platform: DemoPlatform) -> dict[str, str]:
    units = {
        unit["unit_id"]: unit["name"] for unit in platform.client.pages("organization", "/units")
    }
    grids = {grid["grid_code"]: grid["name"] for grid in platform.client.pages("grid", "/grids")}
    return units | grids


def _case(actors: Actors, play: Play, state: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        cases = actors.cases(request_id=play.request_id)
        return cases[0] if cases and cases[0]["state"] == state else None

    case: dict[str, Any] = awaited(look, t("the case to be {state}", state=state))
    return case


def _until(follower: Follower, printer: StoryPrinter, play: Play, fact: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    try:
        while not printer.steps or printer.steps[-1].fact != fact:
            printer.print_event(follower.next(play.request_id, deadline))
    except queue.Empty:
        raise Failure(
            t("Waited {seconds} s in vain for: {what}", seconds=DEADLINE_SECONDS, what=fact),
            "linli status",
        ) from None


def _scored(fact: dict[str, Any]) -> str:
    hours = fact.get("working_hours")
    return t(
        "counts it: solved {solved}, satisfaction {satisfaction} of 5, {hours} working hours",
        solved="✓" if fact.get("solved") else "✗",
        satisfaction=fact.get("satisfaction"),
        hours="–" if hours is None else f"{hours:.2f}",
    )
