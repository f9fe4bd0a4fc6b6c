"""The texts of the command in Chinese and English.

English templates are the keys of `locale/<language>/LC_MESSAGES/messages.po`, here and in the
packages that `add_package` names.
"""

from __future__ import annotations

import functools
import gettext
import os
import re
from importlib import import_module
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")
_PARAMETER = re.compile(r"\{(\w+)\}")
_packages = ["linli.base"]


def language() -> str:
    """`zh` or `en`: LINLI_LANGUAGE, else the locale of the shell."""
    for variable in ("LINLI_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def t(template: str, /, **params: Any) -> str:
    """`template` in the language of the reader, with its `{named}` parts filled in."""
    translated = catalogue(language()).get(template, template)
    return _PARAMETER.sub(lambda match: str(params.get(match[1], match[0])), translated)


def mark(template: str) -> str:
    """`template` itself: marks a text that stands in a table and is translated with `t` when it is
    shown.
    """
    return template


def add_package(name: str) -> None:
    """Know the translations of a package too, such as one that brings a command along."""
    if name not in _packages:
        _packages.append(name)
        catalogue.cache_clear()


@functools.cache
def catalogue(of: str) -> dict[str, str]:
    """All messages of a language by their English template; empty for English."""
    if of == "en":
        return {}
    messages: dict[str, str] = {}
    for package in _packages:
        messages.update(read_catalogue(package, of))
    return messages


def read_catalogue(package: str, of: str) -> dict[str, str]:
    """The messages of one package by their English template."""
    from babel.messages.pofile import read_po

    folder = Path(str(import_module(package).__file__)).parent
    path = folder / "locale" / of / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {
            str(message.id): str(message.string)
            for message in read_po(file, locale=of)
            if message.id and message.string
        }


def install() -> None:
    """Give typer its own words ("Usage", "Options", ...) in the reader's language. To be called
    before it is imported.

    Typer asks gettext's default domain, which looks for compiled files in system folders only.
    """
    if language() == "en":
        return
    gettext.gettext = t  # type: ignore[assignment]
