"""How events that could not be handled, and decisions on them, are shown to people and to machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linli.base.i18n import mark, t

if TYPE_CHECKING:
    from linli_chassis.messaging.dead_letters import Decision, KeptEvent
    from rich.console import Console

ACTIONS = {"replay": mark("replayed"), "discard": mark("discarded")}
STATES = {
    "due": mark("will be tried again"),
    "dead": mark("dead: it waits for you"),
    "discarded": mark("given up"),
    "handled": mark("handled"),
}


def as_dict(one: KeptEvent) -> dict[str, Any]:
    """An event in a list, for machines."""
    names = (
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
    return {name: getattr(one, name) for name in names}


def decision_dict(one: Decision) -> dict[str, Any]:
    """A decision, for machines."""
    names = ("service", "event_id", "type", "state", "at", "action", "by", "reason")
    return {name: getattr(one, name) for name in names}


def whole(one: KeptEvent, decided: list[Decision]) -> dict[str, Any]:
    """Everything that is known of an event, for machines."""
    return {
        **as_dict(one),
        "history": [
            {"at": tried.at, "attempt": tried.attempt, "error": tried.error}
            for tried in one.history
        ],
        "decisions": [decision_dict(decision) for decision in decided],
        "headers": dict(one.headers),
        "body": one.body.decode("utf-8", "backslashreplace"),
    }


def render_dead(console: Console, found: list[KeptEvent]) -> None:
    """A table of dead events."""
    if not found:
        console.print(f"[green]✓[/] {t('No dead events.')}")
        return
    _table(console, t("Dead events"), found)
    console.print(
        "→ " + t("linli events dead show ID · replay ID · discard ID --reason ..."), style="dim"
    )


def render_failing(console: Console, found: list[KeptEvent]) -> None:
    """A table of events that will be tried again."""
    if not found:
        console.print(f"[green]✓[/] {t('No event has failed.')}")
        return
    _table(console, t("Events that failed and will be tried again"), found)
    console.print("→ " + t("linli events dead show ID tells every attempt."), style="dim")


def _table(console: Console, title: str, found: list[KeptEvent]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for column in (
        t("Service"),
        t("Event id"),
        t("Type"),
        t("Received"),
        t("Attempts"),
        t("Next"),
        t("Error"),
    ):
        table.add_column(column, overflow="fold")
    for one in found:
        following = _shown(one.next_attempt_at) if one.state == "due" else "–"
        table.add_row(
            one.service,
            str(one.event_id),
            escape(one.type or "?"),
            _shown(one.received_at),
            str(one.attempts),
            following,
            escape(one.error),
        )
    console.print(table)


def render_one(console: Console, one: KeptEvent, decided: list[Decision]) -> None:
    """One event with what happened to it, in the order of time."""
    from rich.markup import escape

    console.print(
        f"[bold]{escape(one.type)}[/]  {one.event_id}  [cyan]{one.service}[/]  {t(STATES[one.state])}"
    )
    lines = [(one.received_at, "", t("received"))]
    lines += [
        (tried.at, "red", f"{t('attempt {n}', n=tried.attempt)}: {tried.error}")
        for tried in one.history
    ]
    lines += [(decision.at, "yellow", _said(decision)) for decision in decided]
    for at, style, text in sorted(lines, key=lambda line: line[0]):
        console.print(f"  [dim]{_shown(at)}[/]  {escape(text)}", style=style)
    if one.state == "due" and one.next_attempt_at:
        console.print(f"  [dim]{_shown(one.next_attempt_at)}[/]  {t('next attempt')}")
    for name, value in one.headers.items():
        console.print(f"  [dim]{escape(name)}:[/] {escape(value)}", soft_wrap=True)
    console.print("  " + escape(one.body.decode("utf-8", "backslashreplace")), soft_wrap=True)


def render_decisions(console: Console, found: list[Decision]) -> None:
    """A table of decisions."""
    from rich.markup import escape
    from rich.table import Table

    if not found:
        console.print(f"[green]✓[/] {t('Nothing has been decided yet.')}")
        return
    table = Table(title=t("Decisions on dead events"), title_justify="left")
    for column in (
        t("When"),
        t("Who"),
        t("Decision"),
        t("Service"),
        t("Event id"),
        t("Type"),
        t("Since then"),
    ):
        table.add_column(column, overflow="fold")
    for one in found:
        said = t(ACTIONS[one.action]) + (f": {one.reason}" if one.reason else "")
        state = t(STATES[one.state]) if one.state else "–"
        table.add_row(
            _shown(one.at),
            escape(one.by),
            escape(said),
            one.service,
            str(one.event_id),
            escape(one.type or "–"),
            state,
        )
    console.print(table)


def _said(decision: Decision) -> str:
    words = t("{action} by {by}", action=t(ACTIONS[decision.action]), by=decision.by)
    return f"{words}: {decision.reason}" if decision.reason else words


def _shown(at: Any) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
