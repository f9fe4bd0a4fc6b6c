"""What a command writes: its result on stdout (for people or as JSON), and notes, progress and
failures on stderr.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from linli.base.errors import Failure, UsageFailure
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


def framed(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Wrap a command: failures are told in words with what to do next, and end with their exit
    code.
    """

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


def as_failure(error: Exception) -> Failure:
    """Put any exception into words for the person at the command line."""
    if isinstance(error, Failure):
        return error
    name = type(error).__name__
    if name in _WORDS:
        return _WORDS[name](error)
    return Failure(
        t("Unexpected: {kind}: {error}", kind=name, error=str(error)),
        t("Set LINLI_DEBUG=1 to see where it happened, and please report it."),
    )


def _first_line(error: Exception) -> str:
    return (str(getattr(error, "orig", error)).strip().splitlines() or [""])[0]


def _database_away(error: Exception) -> Failure:
    hint = t("Is PostgreSQL running, and is DATABASE_URL right? `linli doctor` looks.")
    return Failure(t("The database does not answer: {reason}", reason=_first_line(error)), hint)


def _database_strange(error: Exception) -> Failure:
    hint = t(
        "Is it the right database, and is it at this version? `linli migrate` brings it there."
    )
    return Failure(
        t("The database is not as it should be: {reason}", reason=_first_line(error)), hint
    )


def _bad_database_url(_error: Exception) -> Failure:  # does not quote it: it may hold a password
    hint = t("It looks like postgresql://user:password@host:5432/name.")
    return UsageFailure(t("DATABASE_URL is not the address of a database."), hint)


def _bad_url(error: Exception) -> Failure:
    hint = t("It looks like http://127.0.0.1:8000; give it with --url or LINLI_URL.")
    return UsageFailure(
        t("The address of the platform cannot be used: {reason}", reason=_first_line(error)), hint
    )


def _bad_settings(error: Exception) -> Failure:
    return UsageFailure(
        str(error), t("Set them in the environment; secrets may stand in files named by NAME_FILE.")
    )


def _broker_away(error: Exception) -> Failure:
    hint = t("Is RabbitMQ running, and is AMQP_URI right? `linli doctor` looks.")
    return Failure(t("The broker does not answer: {reason}", reason=_first_line(error)), hint)


def _module_missing(error: Exception) -> Failure:
    hint = t("Install the extra linli[embedded] here; `make demo` does so in a checkout.")
    return Failure(
        t(
            "A Python module is missing: {module}",
            module=getattr(error, "name", None) or str(error),
        ),
        hint,
    )


# By name, so that nothing is imported only to tell an error that does not happen.
_WORDS: dict[str, Callable[[Exception], Failure]] = {
    "OperationalError": _database_away,
    "ProgrammingError": _database_strange,
    "ArgumentError": _bad_database_url,
    "NoSuchModuleError": _bad_database_url,
    "MissingSchema": _bad_url,
    "InvalidSchema": _bad_url,
    "InvalidURL": _bad_url,
    "BadSettings": _bad_settings,
    "BadServiceCatalogue": _bad_settings,
    "BusUnavailable": _broker_away,
    "ModuleNotFoundError": _module_missing,
}
