"""The README lists what the service has."""

from pathlib import Path

from linli_chassis.http import routes_of
from linli_contracts.registry import consumed_by, produced_by
from linli_organization.service import OrganizationService

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_route_with_its_roles():
    for route in routes_of(OrganizationService):
        row = f"| `{route.method} {route.path}` | {', '.join(route.roles)} | {route.summary} |"
        assert row in README


def test_the_readme_names_every_event():
    assert consumed_by("organization") == []
    for entry in produced_by("organization"):
        assert f"| `{entry.name}` |" in README
