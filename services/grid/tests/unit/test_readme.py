from pathlib import Path

from linli_chassis.environment import declared_settings
from linli_chassis.http import routes_of
from linli_chassis.settings import Settings
from linli_contracts.registry import consumed_by, produced_by
from linli_grid.requests.domain import ENDS, REQUEST_STATES
from linli_grid.service import GridService
from linli_grid.settings import GridSettings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_route_with_its_roles():
    for route in routes_of(GridService):
        assert f"| `{route.method} {route.path}` |" in README
        assert f"| {route.summary} |" in README


def test_the_readme_shows_the_table_of_transitions():
    assert REQUEST_STATES.diagram("registered: request_registered", ENDS) in README


def test_the_readme_lists_every_setting_as_it_is():
    shared = declared_settings(Settings)
    for attribute, item in declared_settings(GridSettings).items():
        if attribute not in shared:
            default = "none" if item.default is None else f"`{item.default}`"
            assert f"| `{item.name}` | {default} | {item.help} |" in README


def test_the_readme_names_every_event_out_and_in():
    for entry in [*produced_by("grid"), *consumed_by("grid")]:
        assert f"`{entry.event_name}`" in README
