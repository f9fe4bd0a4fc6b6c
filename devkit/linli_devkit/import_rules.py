"""The import rules of the workspace: `python -m linli_devkit.import_rules` checks them.

They are made from what is there, so that import-linter holds a new service or feature to them
without anybody adding it to a list: layers of distributions, services that never import one
another, features that use each other's door only.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
NO_FEATURES = ("locale", "migrations", "data")
COMPOSERS = ("service", "process")
FRAMEWORKS = ["nameko", "eventlet", "kombu", "sqlalchemy", "werkzeug", "apispec", "alembic"]


def packages() -> list[str]:
    """The top-level package of every distribution of the workspace."""
    marked = [*ROOT.glob("*/linli*/__init__.py"), *ROOT.glob("services/*/linli_*/__init__.py")]
    return sorted(path.parent.name for path in marked)


def services() -> list[str]:
    """The packages of the services."""
    return sorted(path.parent.name for path in ROOT.glob("services/*/linli_*/__init__.py"))


def features(service: str) -> list[Path]:
    """The folders of a service's features."""
    [package] = ROOT.glob(f"services/*/{service}")
    folders = (path.parent for path in package.glob("*/__init__.py"))
    return sorted(path for path in folders if path.name not in NO_FEATURES)


def composers(service: str) -> list[str]:
    """The modules of a service that put its features together."""
    [package] = ROOT.glob(f"services/*/{service}")
    return [f"{service}.{name}" for name in COMPOSERS if (package / f"{name}.py").is_file()]


def contracts() -> Iterator[dict[str, Any]]:
    """The contracts, as import-linter reads them."""
    yield {
        "name": "Distributions import downwards only, and services never one another",
        "type": "layers",
        "layers": [
            "linli_devkit",
            "linli_demo",
            "linli",
            " | ".join(services()),
            "linli_chassis | linli_client",
            "linli_contracts",
            "linli_kernel",
        ],
    }
    yield {
        "name": "The contracts and the client can be installed without a framework",
        "type": "forbidden",
        "source_modules": ["linli_kernel", "linli_contracts", "linli_client"],
        "forbidden_modules": FRAMEWORKS,
    }
    yield {
        "name": "The relay and the command need no green threads",
        "type": "forbidden",
        "source_modules": [
            "linli_chassis.messaging.relay",
            "linli_chassis.messaging.operations",
            "linli_chassis.messaging.amqp_publisher",
            "linli_chassis.messaging.embedded_publisher",
        ],
        "forbidden_modules": ["nameko", "eventlet", "kombu"],
    }
    for service in services():
        for feature in features(service):
            own = f"{service}.{feature.name}"
            inner = sorted(
                f"{own}.{path.stem}"
                for path in feature.iterdir()
                if not path.name.startswith("__")
                if path.suffix == ".py" or (path / "__init__.py").exists()
            )
            yield {
                "name": f"{own} is used by its door",
                "type": "protected",
                "protected_modules": inner,
                "allowed_importers": [own, *composers(service)],
            }


def main() -> int:
    """Check the rules; 0 when all hold."""
    rules = {"root_packages": packages(), "include_external_packages": True}
    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
        file.write(_toml({**rules, "contracts": list(contracts())}))
        file.flush()
        return lint_imports(config_filename=file.name, no_logo=True)


def _toml(rules: dict[str, Any]) -> str:
    lines = ["[tool.importlinter]"]
    for name, value in rules.items():
        if name != "contracts":
            lines.append(f"{name} = {_value(value)}")
    for contract in rules["contracts"]:
        lines.append("\n[[tool.importlinter.contracts]]")
        lines += [f"{name} = {_value(value)}" for name, value in contract.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    return json.dumps(value)  # strings, booleans and lists of strings look alike in JSON and TOML


if __name__ == "__main__":
    sys.exit(main())
