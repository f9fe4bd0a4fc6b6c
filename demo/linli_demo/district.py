"""Setting the stage: the sample district goes in through the same import code as any district's own
files.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from linli.base.console import Output
from linli.base.context import Context
from linli.base.errors import Failure
from linli.base.i18n import mark, t
from linli.commands.status import await_idle
from linli.imports.kinds import KINDS, Reading
from linli.imports.runner import run_import
from linli.imports.tally import Tally
from linli.operations.operations import Operations
from linli_client.http import Client

IDLE_SECONDS = 60.0
FILES = {
    "regions": ("divisions.csv", mark("divisions, real codes and names")),
    "units": ("units.csv", mark("units, made up")),
    "resources": ("resources.csv", mark("resources they offer, made up")),
    "boundaries": ("boundaries.geojson", mark("outlines of communities, made up")),
    "grids": ("grids.geojson", mark("grids, made up")),
    "workers": ("workers.csv", mark("duties of grid workers, made up")),
}


@dataclass(frozen=True)
class Stage:
    """Where a demonstration plays: the platform, its sample files, and where to write."""

    context: Context
    client: Client
    operations: Operations
    output: Output
    sample: Path

    def idle(self) -> None:
        """Wait until no event is on its way. Raises `Failure` when that takes too long."""
        still, _ = await_idle(self.operations, IDLE_SECONDS, self.output)
        if not still:
            raise Failure(
                t("Events were still on their way after {seconds} s.", seconds=IDLE_SECONDS),
                "linli status",
            )


def sample_folder() -> Path:
    return Path(str(resources.files("linli_demo") / "sample" / "dongcheng"))


def furnish(stage: Stage) -> None:
    """Import the sample district. Raises `Failure` when a row is refused, for then the sample is
    wrong.
    """
    for name, (file, what) in FILES.items():
        started = time.perf_counter()
        with Tally() as tally:
            kind = KINDS[name]
            run_import(
                kind, kind.open(Reading(stage.sample / file)), stage.client, tally, lambda _: None
            )
        if tally.refused:
            (field, reason), group = next(iter(tally.groups.items()))
            raise Failure(f"{file}, {t('line')} {group.lines[0]}: {field}: {reason}")
        stage.idle()  # what comes next refers to what this told the other services
        count = tally.accepted + tally.unchanged
        line = f"  [green]✓[/] {count:>4,} {t(what)} [dim]{(time.perf_counter() - started) * 1000:,.0f} ms[/]"
        stage.output.notes.print(line)
