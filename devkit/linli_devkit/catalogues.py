"""Translation catalogues as dictionaries, so that tests can compare them with the source."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

from babel.messages.pofile import read_po

CONTEXT = "\x04"
"""Stands between context and message in a key, as in gettext."""


def read_catalogue(path: Path, language: str) -> dict[str, str]:
    """The translated messages of one .po file by their template, or by context and code."""
    with path.open("rb") as file:
        return {
            f"{entry.context}{CONTEXT}{entry.id}" if entry.context else str(entry.id): str(
                entry.string
            )
            for entry in read_po(file, language)
            if entry.id and entry.string
        }


def catalogue_of(package: str, language: str) -> dict[str, str]:
    """The messages of one package; empty where it has none."""
    folder = Path(str(import_module(package).__file__)).parent
    path = folder / "locale" / language / "LC_MESSAGES" / "messages.po"
    return read_catalogue(path, language) if path.is_file() else {}


def catalogue(language: str) -> dict[str, str]:
    """The messages of all installed packages whose names begin with `linli_`."""
    messages: dict[str, str] = {}
    for module in iter_modules():
        spec = find_spec(module.name) if module.name.startswith("linli_") else None
        for folder in (spec and spec.submodule_search_locations) or ():
            path = Path(folder) / "locale" / language / "LC_MESSAGES" / "messages.po"
            if path.is_file():
                messages.update(read_catalogue(path, language))
    return messages
