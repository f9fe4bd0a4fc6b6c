"""`linli demo`: the whole flow on made-up data, from nothing, in under two minutes.

`linli` finds it by the entry point group `linli.commands`.
"""

from __future__ import annotations

from typing import Annotated

import typer
from linli.base.console import AsJson, Output, reports_failures
from linli.base.i18n import add_package, t

add_package("linli_demo")

Keep = Annotated[
    bool,
    typer.Option(
        "--keep",
        help=t("Keep the data in ./.linli and the platform up, to look around, until Ctrl-C."),
    ),
]
Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help=t("Port to listen on; a free one otherwise."))
]


def register(app: typer.Typer) -> None:
    """Add the command to `linli`."""
    app.command(help=t("Watch a resident's request become a score, with made-up data."))(demo)


@reports_failures
def demo(keep: Keep = False, port: Port = None, as_json: AsJson = False) -> None:
    """Show one request's way step by step, then three hundred, then the scorecards."""
    from linli_demo.show import show

    if not show(Output(as_json), keep=keep, port=port):
        raise typer.Exit(1)
