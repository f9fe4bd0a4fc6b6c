"""Rules of the structure that no linter knows; imports are checked by `make check`."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from linli_contracts.manifest import api_services, installed_services
from linli_devkit.import_rules import features, packages

ROOT = Path(__file__).parents[2]
FILES = {
    "__init__",
    "routes",
    "schemas",
    "domain",
    "commands",
    "queries",
    "tables",
    "engine",
}
"""What a feature may be made of; each is a module or, once it has outgrown one, a package."""

OLD_WORDS = {
    "told",
    "drawn_by",
    "keep_newest",
    "kept_event",
    "knowing",
    "knows_files",
    "taking",
    "hopping",
    "flowing",
    "furnish",
    "desk_of",
    "offload_apart",
    "look_after",
}
"""Words that say nothing to somebody who knows RabbitMQ, SQL and this field."""

TEXTS = re.compile(r'"""[\s\S]*?"""|"[^"\n]*"')
"""String literals, which hold wire names, log texts and messages that stay as they are."""


def package(service: str) -> Path:
    return ROOT / "services" / service / f"linli_{service}"


def every_feature() -> list[Path]:
    """The features of all services, and the features within one that has grown into a folder."""
    outer = [path for service in api_services() for path in features(f"linli_{service}")]
    return [*outer, *(inner for path in outer for inner in inner_features(path))]


def inner_features(feature: Path) -> list[Path]:
    folders = (path.parent for path in feature.glob("*/__init__.py"))
    return sorted(path for path in folders if path.name not in FILES)


def feature_id(path: Path) -> str:
    return f"{path.parent.name}.{path.name}"


def modules(folder: Path, name: str) -> list[Path]:
    """The module of a feature, or those of the package it has become; none where it has none."""
    single = folder / f"{name}.py"
    return [single] if single.is_file() else sorted((folder / name).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def methods(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield from (each for each in node.body if isinstance(each, ast.FunctionDef))


def sources(folder: Path) -> list[Path]:
    paths = sorted(folder.rglob("*.py"))
    assert paths, f"no Python below {folder}"
    return paths


def test_every_service_has_features() -> None:
    for service in api_services():
        assert features(f"linli_{service}"), service


@pytest.mark.parametrize("service", installed_services())
def test_every_service_has_the_same_parts(service: str) -> None:
    parts = {path.stem for path in package(service).iterdir()}
    wanted = {"manifest", "settings", "migrations"}
    if service in api_services():
        wanted |= {"service", "errors", "locale"}
    assert parts >= wanted, f"missing: {wanted - parts}"


@pytest.mark.parametrize("feature", every_feature(), ids=feature_id)
def test_every_feature_is_made_of_the_same_files(feature: Path) -> None:
    there = {path.stem for path in feature.iterdir() if path.name not in ("__pycache__", "data")}
    there -= {path.name for path in inner_features(feature)}
    assert there <= FILES, f"not one of {sorted(FILES)}: {there - FILES}"
    door = ast.parse((feature / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(door), "the duty of the feature stands in its __init__.py"


@pytest.mark.parametrize("feature", every_feature(), ids=feature_id)
def test_a_domain_imports_nothing_but_the_standard_library_and_the_kernel(feature: Path) -> None:
    own = next(part for part in reversed(feature.parts) if part.startswith("linli_")) + "."
    for path in modules(feature, "domain"):
        for name in imports(path):
            allowed = name.partition(".")[0] in {*sys.stdlib_module_names, "linli_kernel"}
            assert allowed or name.startswith(own), f"{path}: {name}"


@pytest.mark.parametrize("feature", every_feature(), ids=feature_id)
def test_sql_stands_in_tables_and_queries_only(feature: Path) -> None:
    allowed = [*modules(feature, "tables"), *modules(feature, "queries")]
    inner = inner_features(feature)
    for path in sources(feature):
        if path not in allowed and not inner:
            assert not [name for name in imports(path) if name.startswith("sqlalchemy")], path


@pytest.mark.parametrize("feature", every_feature(), ids=feature_id)
def test_a_route_reads_as_an_entry_in_a_table_of_contents(feature: Path) -> None:
    for path in modules(feature, "routes"):
        text = path.read_text(encoding="utf-8")
        assert "lambda" not in text, path
        for function in methods(path):
            lines = (function.end_lineno or 0) - function.lineno + 1
            assert lines <= 10, f"{path}: {function.name} has {lines} lines"


@pytest.mark.parametrize("feature", every_feature(), ids=feature_id)
def test_commands_know_no_http(feature: Path) -> None:
    for path in modules(feature, "commands"):
        text = path.read_text(encoding="utf-8")
        assert "RequestContext" not in text, path
        assert "Problem" not in text, path


@pytest.mark.parametrize("service", api_services())
def test_a_service_class_only_composes_its_features(service: str) -> None:
    path = package(service) / "service.py"
    assert not list(functions(path))
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 40


def test_nameko_is_known_to_the_chassis_only() -> None:
    for name in packages():
        if name in ("linli_chassis", "linli_devkit"):
            continue
        [folder] = [*ROOT.glob(f"*/{name}"), *ROOT.glob(f"services/*/{name}")]
        for path in sources(folder):
            assert not [m for m in imports(path) if m.partition(".")[0] == "nameko"], path


def test_no_file_of_ours_uses_the_old_words() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.py"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.split():
        path = ROOT / name
        if path == Path(__file__) or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        assert "fmt: skip" not in text, name
        code = TEXTS.sub("", text).lower()
        words = {*re.findall(r"\b[a-z_]+\b", code), *re.findall(r"[a-z]+", code)}
        assert not words & OLD_WORDS, f"{name}: {words & OLD_WORDS}"
