"""Finds the user-facing texts in a package's source, so that tests can check translations."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

# Where a template stands among the arguments of a call.
_PLACES = {"Text": 0, "ValidationError": 0, "Problem": 2}
_KERNEL_ERRORS = ("NotFound", "NotAllowed", "Conflict", "Invalid", "TransitionRefused")


def templates_of(package: Path) -> dict[str, str]:
    """The English templates of a package, each with the file and line where it was found last.

    Found are the arguments of `Text`, `Problem`, `ValidationError`, the kernel's errors and those
    of the package's `errors.py` and domains, the `error=` of validators, and the class attribute
    `message` of errors; each as a text, or as the name of one in its module.
    """
    places = {**_PLACES, **dict.fromkeys(_domain_errors(package), 0)}
    templates: dict[str, str] = {}
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = dict(_named_texts(tree))
        for node in (node for outer in ast.walk(tree) for node in _templates(outer, places)):
            text = named.get(node.id) if isinstance(node, ast.Name) else _text(node)
            if text is not None:
                templates[text] = f"{path.name}:{node.lineno}"
    return templates


def _domain_errors(package: Path) -> set[str]:
    """The names of the package's errors, which may be given a template when they are raised."""
    paths = [
        *package.rglob("errors.py"),
        *package.rglob("domain.py"),
        *package.rglob("domain/*.py"),
    ]
    errors = set(_KERNEL_ERRORS)
    for path in paths:  # errors.py first: the trees of features grow from it
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                bases = {getattr(base, "attr", getattr(base, "id", "")) for base in node.bases}
                if bases & errors and all(map(_leaves_template_first, node.body)):
                    errors.add(node.name)
    return errors


def _leaves_template_first(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
        return [argument.arg for argument in statement.args.args[1:2]] == ["message"]
    return True


def _named_texts(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            text = _text(statement.value)
            if text is not None:
                yield statement.targets[0].id, text


def _templates(node: ast.AST, places: dict[str, int]) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        place = places.get(name)
        if place is not None and len(node.args) > place:
            yield node.args[place]
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "error")
    elif isinstance(node, ast.ClassDef):
        for statement in node.body:
            if (
                isinstance(statement, ast.Assign | ast.AnnAssign)
                and _assigned(statement) == "message"
            ):
                yield from filter(None, [statement.value])


def _assigned(statement: ast.Assign | ast.AnnAssign) -> str:
    target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
