"""`linli doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from linli.base.console import AsJson, Output, print_done, reports_failures
from linli.base.i18n import t

if TYPE_CHECKING:
    from rich.console import Console

    from linli.local.checks import Check


@reports_failures
def doctor(as_json: AsJson = False) -> None:
    """Look at everything; fail only when something that `linli demo` needs is missing."""
    from linli.local.checks import all_checks

    checks = all_checks()
    ready = all(check.ok for check in checks if check.required)
    payload = {"ready": ready, "checks": [check.as_json() for check in checks]}
    Output(as_json).result(payload, lambda console: _render(console, checks, ready))
    if not ready:
        raise typer.Exit(1)


def _render(console: Console, checks: list[Check], ready: bool) -> None:
    from rich.text import Text

    from linli.base.tables import print_table

    columns = ("", t("What"), t("Found"), t("Needed for"), t("How to get it"))
    rows = [
        (
            Text("✓", "green") if check.ok else Text("✗", "red" if check.required else "yellow"),
            check.name,
            check.found,
            check.needed_for,
            "" if check.ok else check.remedy,
        )
        for check in checks
    ]
    print_table(console, columns, rows, title=t("This machine"))
    if ready:
        print_done(console, t("Ready for `linli demo`."))
    else:
        console.print(f"[red]✗[/] {t('Not ready for `linli demo`: see the red lines.')}")
