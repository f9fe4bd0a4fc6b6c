"""Rules of the structure that no linter knows."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from linli_contracts.manifest import api_services

ROOT = Path(__file__).parents[2]
PARTS = {"service", "handlers", "domain", "store", "schemas", "settings", "migrations", "locale"}
"""What every service is made of; a part is a module or, once it has outgrown one, a package."""


def package(service: str) -> Path:
    return ROOT / "services" / service / f"linli_{service}"


def imports(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def sources(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"no Python below {folder}"
    return found


@pytest.mark.parametrize("service", api_services())
def test_every_service_is_made_of_the_same_parts(service: str) -> None:
    there = {path.stem for path in package(service).iterdir()}
    assert there >= PARTS, f"missing: {PARTS - there}"


@pytest.mark.parametrize("service", api_services())
def test_a_domain_imports_nothing_but_the_standard_library(service: str) -> None:
    own = f"linli_{service}.domain"
    for path in sources(package(service) / "domain"):
        for name in imports(path):
            assert name.partition(".")[0] in sys.stdlib_module_names or name.startswith(own), (
                f"{path}: {name}"
            )


def test_nameko_is_known_to_the_chassis_and_the_service_classes_only() -> None:
    packages = [ROOT / "contracts", ROOT / "platform", *(package(service) for service in api_services())]
    for path in (
        path for folder in packages for path in sources(folder) if path.name != "service.py"
    ):
        assert not [name for name in imports(path) if name.split(".")[0] == "nameko"], path


@pytest.mark.parametrize("service", api_services())
def test_a_service_class_reads_as_a_table_of_contents(service: str) -> None:
    tree = ast.parse((package(service) / "service.py").read_text(encoding="utf-8"))
    methods = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert methods
    for method in methods:
        lines = (method.end_lineno or 0) - method.lineno + 1
        assert lines <= 10, f"{method.name} has {lines} lines"


def test_every_service_is_in_the_makefile_and_the_workspace() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for service in api_services():
        assert f"services/{service}" in makefile
        assert (ROOT / "services" / service / "README.md").exists()
        assert (ROOT / "services" / service / "pyproject.toml").exists()
