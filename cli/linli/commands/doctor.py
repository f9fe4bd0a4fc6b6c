"""`linli doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from linli.base.console import AsJson, Output, framed
from linli.base.i18n import t

if TYPE_CHECKING:
    from rich.console import Console

    from linli.local.checks import Check


@framed
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
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=t("This machine"), title_justify="left")
    table.add_column("")
    for title in (t("What"), t("Found"), t("Needed for"), t("How to get it")):
        table.add_column(title, overflow="fold")
    for check in checks:
        mark = "[green]✓[/]" if check.ok else "[red]✗[/]" if check.required else "[yellow]✗[/]"
        table.add_row(
            mark,
            check.name,
            escape(check.found),
            check.needed_for,
            "" if check.ok else escape(check.remedy),
        )
    console.print(table)
    if ready:
        console.print(f"[green]✓[/] {t('Ready for `linli demo`.')}")
    else:
        console.print(f"[red]✗[/] {t('Not ready for `linli demo`: see the red lines.')}")
