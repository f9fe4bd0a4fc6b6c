"""`linli events`: follow events, publish them again, see those that no queue was bound for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from linli.base.console import AsJson, Output, print_done, print_hint, reports_failures
from linli.base.i18n import t
from linli.base.options import AmqpUri, DatabaseUrl
from linli.commands import dead_letters

if TYPE_CHECKING:
    from datetime import datetime

    from linli_contracts.envelope import Event, Message
    from rich.console import Console

app = typer.Typer(no_args_is_help=True)
app.add_typer(
    dead_letters.app,
    name="dead",
    help=t("Events that no handler could take, kept until you replay or discard them."),
)
list_failing = app.command("failing", help=t("List events that failed and will be tried again."))
list_failing(dead_letters.failing)

Types = Annotated[
    list[str] | None,
    typer.Option("--type", help=t("Only types that contain this text; may be repeated.")),
]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help=t("Begin with events published since then (ISO 8601).")),
]
Again = Annotated[
    str, typer.Option("--since", metavar="TIME", help=t("Events published since then (ISO 8601)."))
]
Count = Annotated[int | None, typer.Option(min=1, help=t("Stop after so many events."))]
Name = Annotated[str, typer.Argument(metavar="SERVICE", help=t("The service that published them."))]
Yes = Annotated[bool, typer.Option("--yes", help=t("Do not ask."))]
First = Annotated[int, typer.Option("--limit", min=0, max=1000, help=t("Show so many of them."))]


@app.command(help=t("Show events as they are published; Ctrl-C ends it."))
@reports_failures
def tail(
    types: Types = None,
    since: Since = None,
    count: Count = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    from linli.base.context import Context
    from linli.operations.session import Operations

    output = Output(as_json)
    seen = 0
    try:
        with Operations(Context.load(database_url=database_url)) as operations:
            for event in operations.tail(_time(since) if since else None):
                if not _is_chosen(event.type, types):
                    continue
                output.result(_event_dict(event), partial(_render_event, event=event))
                seen += 1
                if count and seen >= count:
                    return
    except KeyboardInterrupt:
        return  # as a tail is meant to end


@app.command(help=t("Publish again what a service has published; who has it already skips it."))
@reports_failures
def republish(
    service: Name,
    since: Again,
    types: Types = None,
    yes: Yes = False,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    from linli_chassis.messaging.operations import published_since
    from linli_chassis.messaging.operations import republish as publish_again

    from linli.base.context import Context
    from linli.commands.services import known_service
    from linli.operations.session import Operations

    output, name, begin = Output(as_json), known_service(service), _time(since)
    with Operations(Context.load(database_url=database_url)) as operations:
        published = published_since(operations.engines[name], name, begin)
        counts = {one: count for one, count in published.items() if _is_chosen(one, types)}
        for type_name, count in counts.items():
            output.note(f"{count:>9,}  {type_name}", "cyan")
        total = sum(counts.values())
        if total and not yes:
            _ask(t("Publish {count} events of {service} again?", count=f"{total:,}", service=name))
        done = publish_again(operations.engines[name], name, begin, list(counts)) if total else 0
    output.result(
        {"republished": done, "types": counts},
        lambda console: console.print(
            t("{count} events will be published again.", count=f"{done:,}")
        ),
    )


@app.command(help=t("Show what reached the broker and no queue was bound for."))
@reports_failures
def unrouted(limit: First = 10, amqp_uri: AmqpUri = None, as_json: AsJson = False) -> None:
    from linli.base.context import Context
    from linli.operations.session import Operations

    depth, first = Operations(Context.load(amqp_uri=amqp_uri)).unrouted(limit)
    payload = {"depth": depth, "first": [_message_dict(one) for one in first]}
    Output(as_json).result(payload, lambda console: _render_unrouted(console, depth, first))


def _is_chosen(type_name: str, texts: list[str] | None) -> bool:
    return not texts or any(text in type_name for text in texts)


def _ask(question: str) -> None:
    from linli.base.errors import UsageFailure

    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:  # nobody is there to answer
        raise UsageFailure(
            t("Nothing was done."), t("Say --yes where nobody can be asked.")
        ) from None
    if not agreed:
        raise typer.Exit(1)


def _time(text: str) -> datetime:
    from datetime import datetime

    from linli.base.errors import UsageFailure

    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise UsageFailure(
            t(
                "{text} is no time of the format {expected}",
                text=repr(text),
                expected="2026-11-22T08:30:00",
            )
        ) from None


def _event_dict(event: Event) -> dict[str, Any]:
    from linli_contracts.registry import find

    return {
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "time": event.time.isoformat(),
        "sequence": event.sequence,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "data": find(event.type).dump(event.data),
    }


def _render_event(console: Console, event: Event) -> None:
    from rich.text import Text

    _, service, fact, _ = event.type.split(".")
    line = Text.assemble(
        (f"{event.time.astimezone():%H:%M:%S.%f}"[:-3], "dim"),
        " ",
        (f"{service:13}", "cyan"),
        (f"{fact:26}", "bold"),
        (f"{event.subject} #{event.sequence}", ""),
        (f"  ⟵ {event.correlation_id}" if event.correlation_id != event.subject else "", "dim"),
    )
    console.print(line, soft_wrap=True)


def _message_dict(message: Message) -> dict[str, Any]:
    return {
        "headers": dict(message.headers),
        "body": message.body.decode("utf-8", "backslashreplace"),
    }


def _render_unrouted(console: Console, depth: int, first: list[Message]) -> None:
    from rich.markup import escape

    if not depth:
        print_done(console, t("Nothing: every message found a queue."))
        return
    console.print(
        t("{count} messages no queue was bound for; the first of them:", count=f"{depth:,}")
    )
    for message in first:
        names = ("ce-time", "ce-type", "ce-subject", "ce-id")
        line = "  ".join(str(message.headers.get(name, "?")) for name in names)
        console.print("  " + escape(line), soft_wrap=True)
    hint = t(
        "Start the service that should take them, which binds its queue; "
        "then: linli events republish"
    )
    print_hint(console, hint)
