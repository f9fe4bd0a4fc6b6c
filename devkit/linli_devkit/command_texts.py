"""The texts of a command in its source, so that a test can ask for a translation of each."""

from __future__ import annotations

import ast
from pathlib import Path


def texts_of(package: Path) -> dict[str, str]:
    """Every text given to `t` or `mark` in a package, with the file it stands in."""
    texts: dict[str, str] = {}
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("t", "mark")
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                texts[node.args[0].value] = path.name
    return texts
