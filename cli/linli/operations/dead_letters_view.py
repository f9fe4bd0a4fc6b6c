"""How events that could not be handled, and decisions on them, are shown."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from linli.base.console import print_done, print_hint
from linli.base.i18n import mark, t
from linli.base.tables import Column, count_column, id_column, print_table

if TYPE_CHECKING:
    from linli_chassis.messaging.dead_letters import Decision, StoredEvent

ACTIONS = {"replay": mark("replayed"), "discard": mark("discarded")}
STATES = {
    "due": mark("will be tried again"),
    "dead": mark("dead: it waits for you"),
    "discarded": mark("given up"),
    "handled": mark("handled"),
}
EVENT_FIELDS = (
    "service",
    "event_id",
    "type",
    "state",
    "received_at",
    "attempts",
    "next_attempt_at",
    "error",
    "subject",
    "correlation_id",
)
DECISION_FIELDS = ("service", "event_id", "type", "state", "at", "action", "by", "reason")


def event_dict(event: StoredEvent) -> dict[str, Any]:
    """An event in a list, for machines."""
    return {name: getattr(event, name) for name in EVENT_FIELDS}


def decision_dict(decision: Decision) -> dict[str, Any]:
    """A decision, for machines."""
    return {name: getattr(decision, name) for name in DECISION_FIELDS}


def whole_event_dict(event: StoredEvent, decisions: list[Decision]) -> dict[str, Any]:
    """Everything that is known of an event, for machines."""
    return {
        **event_dict(event),
        "history": [
            {"at": attempt.at, "attempt": attempt.attempt, "error": attempt.error}
            for attempt in event.history
        ],
        "decisions": [decision_dict(decision) for decision in decisions],
        "headers": dict(event.headers),
        "body": event.body.decode("utf-8", "backslashreplace"),
    }


def render_dead(console: Console, events: list[StoredEvent]) -> None:
    """A table of dead events."""
    if not events:
        print_done(console, t("No dead events."))
        return
    _print_events(console, t("Dead events"), events)
    print_hint(console, t("linli events dead show ID · replay ID · discard ID --reason ..."))


def render_failing(console: Console, events: list[StoredEvent]) -> None:
    """A table of events that will be tried again."""
    if not events:
        print_done(console, t("No event has failed."))
        return
    _print_events(console, t("Events that failed and will be tried again"), events)
    print_hint(console, t("linli events dead show ID tells every attempt."))


def _print_events(console: Console, title: str, events: list[StoredEvent]) -> None:
    columns = (
        t("Service"),
        id_column(t("Event id")),
        t("Type"),
        t("Received"),
        count_column(t("Attempts")),
        t("Next"),
        t("Error"),
    )
    rows = [
        (
            event.service,
            str(event.event_id),
            event.type or "?",
            _local(event.received_at),
            str(event.attempts),
            _local(event.next_attempt_at) if event.state == "due" else "–",
            event.error,
        )
        for event in events
    ]
    print_table(console, columns, rows, title=title)


def render_event(console: Console, event: StoredEvent, decisions: list[Decision]) -> None:
    """One event with what happened to it, in the order of time."""
    head = ((event.type, "bold"), f"  {event.event_id}  ", (event.service, "cyan"))
    console.print(Text.assemble(*head, f"  {t(STATES[event.state])}"))
    lines = [(event.received_at, "", t("received"))]
    lines += [
        (attempt.at, "red", f"{t('attempt {n}', n=attempt.attempt)}: {attempt.error}")
        for attempt in event.history
    ]
    lines += [(decision.at, "yellow", _decision_text(decision)) for decision in decisions]
    for at, style, text in sorted(lines, key=lambda line: line[0]):
        console.print(Text.assemble("  ", (_local(at), "dim"), "  ", (text, style)))
    if event.state == "due" and event.next_attempt_at:
        next_at = _local(event.next_attempt_at)
        console.print(Text.assemble("  ", (next_at, "dim"), f"  {t('next attempt')}"))
    for name, value in event.headers.items():
        console.print(Text.assemble("  ", (f"{name}:", "dim"), f" {value}"), soft_wrap=True)
    body = event.body.decode("utf-8", "backslashreplace")
    console.print(Text(f"  {body}"), soft_wrap=True)


def render_decisions(console: Console, decisions: list[Decision]) -> None:
    """A table of decisions."""
    if not decisions:
        print_done(console, t("Nothing has been decided yet."))
        return
    columns = (
        Column(t("When"), whole=True),
        t("Who"),
        t("Decision"),
        t("Service"),
        id_column(t("Event id")),
        t("Type"),
        t("Since then"),
    )
    rows = [
        (
            _local(decision.at),
            decision.by,
            _with_reason(t(ACTIONS[decision.action]), decision),
            decision.service,
            str(decision.event_id),
            decision.type or "–",
            t(STATES[decision.state]) if decision.state else "–",
        )
        for decision in decisions
    ]
    print_table(console, columns, rows, title=t("Decisions on dead events"))


def _decision_text(decision: Decision) -> str:
    action = t("{action} by {by}", action=t(ACTIONS[decision.action]), by=decision.by)
    return _with_reason(action, decision)


def _with_reason(action: str, decision: Decision) -> str:
    return f"{action}: {decision.reason}" if decision.reason else action


def _local(at: datetime | None) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}" if at else "–"
