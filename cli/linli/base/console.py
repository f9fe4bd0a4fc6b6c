"""Output of a command: its result on stdout, and notes, progress and failures on stderr."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from linli.base.errors import Failure
from linli.base.explain import as_failure
from linli.base.i18n import t

AsJson = Annotated[
    bool, typer.Option("--json", help=t("Machine-readable result on stdout; notes go to stderr."))
]

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Output:
    """The two streams of a command. With `as_json`, stdout carries JSON only."""

    def __init__(
        self, as_json: bool = False, out: Console | None = None, notes: Console | None = None
    ) -> None:
        self.as_json = as_json
        self.out = out or Console(highlight=False)
        self.notes = notes or Console(stderr=True, highlight=False)

    def result(self, payload: Any, render: Callable[[Console], None]) -> None:
        """Write the result: `payload` as one line of JSON, or what `render` draws."""
        if self.as_json:
            self.json(payload)
        else:
            render(self.out)

    def json(self, payload: Any) -> None:
        """Write one line of JSON; `default=str` is for UUIDs and times."""
        self.out.file.write(json.dumps(payload, ensure_ascii=False, default=str) + "\n")
        self.out.file.flush()

    def note(self, text: str, style: str = "dim") -> None:
        self.notes.print(Text(text, style=style))

    def failure(self, failure: Failure) -> None:
        if self.as_json:
            self.json(failure.as_json())
        self.notes.print(Text.assemble(("✗ ", "bold red"), (failure.message, "red")))
        if failure.hint:
            self.notes.print(Text.assemble(("→ ", "bold"), failure.hint))


def reports_failures(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Wrap a command: a failure is written in words with what to do next, and its exit code."""

    @functools.wraps(function)
    def command(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        output = Output(as_json=bool(kwargs.get("as_json")))
        try:
            return function(*args, **kwargs)
        except typer.Exit:
            raise
        except KeyboardInterrupt:
            output.note(t("Stopped."))
            raise typer.Exit(130) from None
        except Exception as error:
            if os.environ.get("LINLI_DEBUG"):
                raise
            failure = as_failure(error)
            output.failure(failure)
            raise typer.Exit(failure.code) from None

    return command


def print_done(console: Console, text: str) -> None:
    """One line that says that something was done or is in order."""
    console.print(Text.assemble(("✓", "green"), " ", text))


def print_handed_over(console: Console, text: str, values: Mapping[str, object]) -> None:
    """What another system needs, by title, each on a line of its own that can be copied."""
    print_done(console, text)
    for title, value in values.items():
        console.out(f"  {title}: {value}", highlight=False)
    print_hint(console, "docs/subscribing.md")


def print_hint(console: Console, text: str, style: str = "dim") -> None:
    """One line that says what to do next."""
    console.print(Text("→ " + text, style=style))
