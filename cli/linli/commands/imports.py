"""`linli import`: regions, units, resources, grids, boundaries, workers, historic requests."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from linli.base.console import AsJson, Output, reports_failures
from linli.base.i18n import t
from linli.base.options import Url

if TYPE_CHECKING:
    from linli.base.context import Context
    from linli.imports.kinds import ReadOptions
    from linli.imports.tally import Tally

DESCRIPTIONS = {
    "regions": t("Divisions, from CSV: code, name."),
    "units": t("Units, from CSV: external_ref, name, kind, region_code."),
    "resources": t(
        "What units offer, from CSV: "
        "external_ref, unit_ref, services, capacity_per_day, covers, ..."
    ),
    "grids": t(
        "Grids, from GeoJSON with the properties grid_code, name, households, or with a mapping."
    ),
    "boundaries": t("Outlines of communities, from GeoJSON with the property community_code."),
    "workers": t("Grid workers, from CSV: worker_id, grid_code, duty."),
    "requests": t("Historic requests of another system, from CSV with a mapping."),
}

app = typer.Typer(no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help=t("The file to read."))]
Mapping = Annotated[
    Path | None, typer.Option("--mapping", metavar="FILE", help=t("Says which column is what."))
]
Encoding = Annotated[
    str, typer.Option(metavar="NAME", help=t("Encoding of a CSV file, such as gb18030."))
]
FromLine = Annotated[
    int, typer.Option("--from-line", min=1, help=t("Skip what stands before this line."))
]
Patience = Annotated[
    float,
    typer.Option(
        min=0, metavar="SECONDS", help=t("How long to try again while a service is away.")
    ),
]
RefusedFile = Annotated[
    Path | None,
    typer.Option("--refused", metavar="FILE", help=t("Write every refused row there, as CSV.")),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help=t("Read and check everything, post nothing."))
]


def _add(name: str) -> None:
    @app.command(name, help=DESCRIPTIONS[name])
    @reports_failures
    def command(
        file: File,
        mapping: Mapping = None,
        encoding: Encoding = "utf-8-sig",
        from_line: FromLine = 1,
        patience: Patience = 60,
        refused: RefusedFile = None,
        dry_run: DryRun = False,
        url: Url = None,
        as_json: AsJson = False,
    ) -> None:
        from linli.base.context import Context
        from linli.imports.kinds import ReadOptions
        from linli.imports.tally import Tally

        output = Output(as_json)
        options = ReadOptions(file, mapping, encoding, from_line)
        started = time.monotonic()
        with Tally(refused) as tally:
            context = None if dry_run else Context.load(url=url)
            run(name, options, tally, output, context, patience)
        _report(name, tally, output, time.monotonic() - started, dry_run)
        if tally.refused:
            raise typer.Exit(1)


for _name in DESCRIPTIONS:
    _add(_name)


def run(
    name: str,
    options: ReadOptions,
    tally: Tally,
    output: Output,
    context: Context | None,
    patience: float,
) -> None:
    """Import one file under a progress bar; without a context, only read and check it."""
    from linli.base.client import client_of
    from linli.imports.kinds import KINDS
    from linli.imports.progress import import_progress
    from linli.imports.runner import run_import

    kind = KINDS[name]
    source = kind.open(options)
    with import_progress(output.notes, name, source.size, tally) as progress:
        client = None
        if context:
            client = client_of(context, patience_seconds=patience, on_retry=progress.waiting)
        try:
            run_import(kind, source, client, tally, progress.at)
        except KeyboardInterrupt:
            progress.stop()
            _print_how_to_go_on(output, tally.last_line)
            raise


def _print_how_to_go_on(output: Output, last_line: int) -> None:
    output.note(t("Stopped after line {line}.", line=last_line), "yellow")
    hint = t(
        "Run the same command again: nothing is imported twice. "
        "--from-line {line} skips what is done.",
        line=last_line + 1,
    )
    output.note(f"→ {hint}", "")


def _report(name: str, tally: Tally, output: Output, seconds: float, dry_run: bool) -> None:
    from linli.imports.progress import render_tally

    payload = {"kind": name, "dry_run": dry_run, "seconds": round(seconds, 3), **tally.as_json()}
    output.result(payload, lambda console: render_tally(console, name, tally, seconds, dry_run))
