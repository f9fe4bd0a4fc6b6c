"""The progress bar of an import, and the table of what became of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from linli.base.i18n import t
from linli.base.tables import Column, table
from linli.imports.tally import Tally

GROUPS_SHOWN = 20
LINES_SHOWN = 6


class ImportProgress:
    """One bar: share of the file, rows done, rows a second and time left."""

    def __init__(self, progress: Progress, task: TaskID, tally: Tally) -> None:
        self._progress = progress
        self._task = task
        self._tally = tally

    def at(self, position: int) -> None:
        """Show that `position` bytes of the file are done."""
        rows = self._tally.done
        elapsed = self._progress.tasks[0].elapsed or 0.0
        rate = t(
            "{rows} rows, {rate}/s",
            rows=f"{rows:,}",
            rate=f"{rows / elapsed:,.0f}" if elapsed > 0.2 else "–",
        )
        self._progress.update(self._task, completed=position, rate=rate)

    def waiting(self, service: str, reason: str, seconds: float) -> None:
        """Show that a service is away and how much patience is left."""
        text = t(
            "{service} is away ({reason}); trying for {seconds} s more",
            service=service,
            reason=reason,
            seconds=round(seconds),
        )
        self._progress.update(self._task, rate=f"[yellow]{escape(text)}[/]")

    def stop(self) -> None:
        self._progress.stop()


@contextmanager
def import_progress(
    console: Console, name: str, size: int, tally: Tally
) -> Iterator[ImportProgress]:
    """Draw the bar while the block runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
    )
    with Progress(
        *columns, TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), console=console
    ) as progress:
        task = progress.add_task(name, total=max(size, 1), rate="")
        yield ImportProgress(progress, task, tally)


def render_tally(
    console: Console, name: str, tally: Tally, seconds: float, dry_run: bool = False
) -> None:
    """What was imported, what was there already, and every reason for a refusal with its lines."""
    verb = t("would be imported") if dry_run else t("imported")
    line = Text.assemble(
        (name, "bold"),
        ": ",
        (f"{tally.accepted:,}", "green"),
        f" {verb}, {tally.unchanged:,} {t('unchanged')}, ",
        (f"{tally.refused:,}", "red" if tally.refused else "dim"),
        f" {t('refused')} ",
        (f"({seconds:.1f} s)", "dim"),
    )
    console.print(line)
    if tally.repaired:
        repaired = [(str(number), detail) for number, detail in tally.repaired]
        _print_reasons(console, t("Repaired"), repaired)
    if tally.groups:
        rows = [
            (_lines(group.lines, group.count), f"{field}: {reason}" if field else reason)
            for (field, reason), group in tally.groups.items()
        ]
        _print_reasons(console, t("Refused"), rows)


def _print_reasons(console: Console, title: str, rows: list[tuple[str, str]]) -> None:
    shown = rows[:GROUPS_SHOWN]
    if len(rows) > GROUPS_SHOWN:
        more = t(
            "and {count} more; --refused FILE or --json lists all", count=len(rows) - GROUPS_SHOWN
        )
        shown = [*shown, ("…", more)]
    columns = (Column(t("Line"), style="cyan"), t("Reason"))
    console.print(table(columns, shown, title=title, box=SIMPLE))


def _lines(lines: list[int], count: int) -> str:
    shown = ", ".join(map(str, lines[:LINES_SHOWN]))
    return (
        shown
        if count <= LINES_SHOWN
        else t("{lines}, … ({count} rows)", lines=shown, count=f"{count:,}")
    )
