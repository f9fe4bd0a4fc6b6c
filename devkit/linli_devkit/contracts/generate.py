"""Writes what is made from the code: JSON Schemas, the AsyncAPI document, the pages of events and
of who may call what.

`python -m linli_devkit.contracts` writes; `--check` only reports what drifted or would break a
published version; `--publish` stores the present schemas as the published ones, with which later
ones are compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml
from linli_contracts.registry import event_types

from linli_devkit.contracts.access import access_page
from linli_devkit.contracts.asyncapi import asyncapi_document
from linli_devkit.contracts.compatibility import Break, compare_all
from linli_devkit.contracts.json_schema import json_schema
from linli_devkit.contracts.pages import events_page

SCHEMAS = "contracts/schemas"
PUBLISHED = "contracts/published"


def generated() -> dict[str, str]:
    """The text of every generated file by its path from the root of the repository."""
    return {
        **{f"{SCHEMAS}/{name}.json": _json(schema) for name, schema in current_schemas().items()},
        "contracts/asyncapi.yaml": _yaml(asyncapi_document()),
        "docs/access.md": access_page(),
        "docs/events.md": events_page(),
    }


def current_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of every event type by its name."""
    return {entry.name: json_schema(entry) for entry in event_types()}


def published_schemas(root: Path) -> dict[str, dict[str, Any]]:
    """The JSON Schemas as last published, by event type. Empty before the first release."""
    paths = sorted((root / PUBLISHED).glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def drifted(root: Path) -> list[str]:
    """The files that differ from what would be written, with leftovers of types that are gone."""
    files = generated()
    written = {path.relative_to(root).as_posix() for path in (root / SCHEMAS).glob("*.json")}
    return sorted(
        {path for path, text in files.items() if _read(root / path) != text}
        | (written - files.keys())
    )


def breaks(root: Path) -> list[Break]:
    """What changed since it was published, and may not."""
    return compare_all(published_schemas(root), current_schemas())


def write(root: Path) -> list[str]:
    """Write the files that drifted, remove leftovers, and say which."""
    files = generated()
    paths = drifted(root)
    for path in paths:
        if path in files:
            _write(root / path, files[path])
        else:
            (root / path).unlink()
    return paths


def publish(root: Path) -> list[str]:
    """Store the present schemas as the published ones; the caller has checked for breaks."""
    texts = {
        f"{PUBLISHED}/{name}.json": _json(schema) for name, schema in current_schemas().items()
    }
    changed = [path for path, text in texts.items() if _read(root / path) != text]
    for path in changed:
        _write(root / path, texts[path])
    return changed


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 when all is well, 1 when something drifted or breaks."""
    parser = argparse.ArgumentParser(
        prog="python -m linli_devkit.contracts", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument(
        "--root", type=Path, default=Path(__file__).parents[3], help="root of the repository"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail when a file drifted or a change breaks",
    )
    what.add_argument(
        "--publish", action="store_true", help="keep the schemas of now as the published ones"
    )
    options = parser.parse_args(arguments)
    if not (options.root / "contracts" / "pyproject.toml").is_file():
        parser.error(f"{options.root} is no checkout of the repository; name one with --root")
    broken = [str(each) for each in breaks(options.root)]
    if options.check:
        return _report(
            [
                f"{path}: drifted; run python -m linli_devkit.contracts"
                for path in drifted(options.root)
            ]
            + broken
        )
    if broken:
        return _report(broken)
    for path in publish(options.root) if options.publish else write(options.root):
        sys.stdout.write(f"{path}\n")
    return 0


def _report(faults: list[str]) -> int:
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _yaml(document: dict[str, Any]) -> str:
    # Once through JSON, so that no two places share an object: YAML would write anchors, hard to
    # read in a contract.
    plain = json.loads(json.dumps(document))
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120))
