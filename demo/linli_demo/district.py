"""The sample district on a platform: imported by the same code as any district's own files."""

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
from linli.imports.kinds import KINDS, ReadOptions
from linli.imports.runner import run_import
from linli.imports.tally import Tally
from linli.operations.session import Operations
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
class DemoPlatform:
    """Where a demonstration runs: the platform, its sample files, and where to write."""

    context: Context
    client: Client
    operations: Operations
    output: Output
    sample: Path

    def idle(self) -> None:
        """Wait until no event is on its way. Raises `Failure` when that takes too long."""
        is_idle, _ = await_idle(self.operations, IDLE_SECONDS, self.output)
        if not is_idle:
            raise Failure(
                t("Events were still on their way after {seconds} s.", seconds=IDLE_SECONDS),
                "linli status",
            )


def sample_folder() -> Path:
    return Path(str(resources.files("linli_demo") / "sample" / "dongcheng"))


def import_sample(platform: DemoPlatform) -> None:
    """Import the sample district. Raises `Failure` when a row is refused: the sample is wrong."""
    for name, (file, what) in FILES.items():
        started = time.perf_counter()
        count = _import_file(platform, name, platform.sample / file)
        platform.idle()  # what comes next refers to what this sent to the other services
        ms = (time.perf_counter() - started) * 1000
        platform.output.notes.print(f"  [green]✓[/] {count:>4,} {t(what)} [dim]{ms:,.0f} ms[/]")


def _import_file(platform: DemoPlatform, name: str, path: Path) -> int:
    """How many rows the platform has of the file then."""
    kind = KINDS[name]
    with Tally() as tally:
        run_import(kind, kind.open(ReadOptions(path)), platform.client, tally, lambda _: None)
    if tally.refused:
        (field, reason), group = next(iter(tally.groups.items()))
        raise Failure(f"{path.name}, {t('line')} {group.lines[0]}: {field}: {reason}")
    return tally.accepted + tally.unchanged
