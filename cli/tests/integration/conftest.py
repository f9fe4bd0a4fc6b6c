"""A running platform for the tests of the command: embedded, with a made-up district under the code
990101.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from linli.app import app
from linli.base.context import VARIABLES, write_state
from linli_demo.show import free_port
from typer.testing import CliRunner, Result

GRIDS = 4


@dataclass
class District:
    """A platform with regions and grids in it, the folder of its state file, and how to call the
    command on it.
    """

    home: Path
    supervisor: Any

    def linli(self, *arguments: str, code: int = 0) -> Result:
        """Run the command; it must end with `code`."""
        environ = {"LINLI_HOME": str(self.home), "LINLI_LANGUAGE": "en", "COLUMNS": "120"}
        environ |= dict.fromkeys((*VARIABLES.values(), "LINLI_URL"), None)  # type: ignore[arg-type]
        result = CliRunner().invoke(app, list(arguments), env=environ)
        assert result.exit_code == code, result.output
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.linli(*arguments, "--json", code=code).stdout)


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    """The platform with four square grids in one community, ready for requests."""
    from linli.local.embedded import Platform

    folder = tmp_path_factory.mktemp("platform")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINLI_DISTRICT", "990101")
        patch.setenv("LINLI_TIME_ZONE", "America/Los_Angeles")
        with Platform.start(folder / "home", free_port()) as supervisor:
            state = {
                name: supervisor.environ.get(variable, "") for name, variable in VARIABLES.items()
            }
            write_state(folder / "home", {"url": supervisor.url, **state})
            found = District(folder / "home", supervisor)
            _furnish(found, folder)
            yield found


def _furnish(district: District, folder: Path) -> None:
    regions = folder / "regions.csv"
    regions.write_text("code,name\n990101,A\n990101001,B\n990101001001,C\n")
    grids = folder / "grids.geojson"
    grids.write_text(
        json.dumps({"type": "FeatureCollection", "features": [_square(i) for i in range(GRIDS)]})
    )
    district.linli("import", "regions", str(regions))
    district.linli("status", "--wait-idle", "30")
    district.linli("import", "grids", str(grids))
    district.linli("status", "--wait-idle", "30")


def _square(number: int) -> dict[str, Any]:
    west, east = -118.5 + number * 0.01, -118.49 + number * 0.01
    ring = [[west, 34.0], [east, 34.0], [east, 34.01], [west, 34.01], [west, 34.0]]
    properties = {
        "grid_code": f"990101001001{number:03}",
        "name": f"grid {number}",
        "households": 300,
    }
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
