"""The texts of the command in Chinese and English.

English templates are the keys of `locale/<language>/LC_MESSAGES/messages.po`, here and in the
packages that `add_package` names.
"""

from __future__ import annotations

import functools
import gettext
import os
from copy import copy
from gettext import NullTranslations
from importlib import import_module
from pathlib import Path
from typing import Any

from linli_contracts.translation import installed, load, translate

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
    return translate(template, _translations(language()), **params)


def mark(template: str) -> str:
    """`template` itself: marks a text in a table, which `t` translates where it is shown."""
    return template


def translate_refusal(message: str) -> str:
    """What a schema refused, in the language of the reader."""
    of = language()
    ours = translate(message, _translations(of))
    return translate(message, installed(of)) if ours == message else ours


def add_package(name: str) -> None:
    """Know the translations of a package too, such as one that brings a command along."""
    if name not in _packages:
        _packages.append(name)
        _translations.cache_clear()


@functools.cache
def _translations(of: str) -> NullTranslations:
    chain = NullTranslations()
    for package in _packages:
        folder = Path(str(import_module(package).__file__)).parent
        chain.add_fallback(copy(load(folder, of)))  # a chain of its own
    return chain


def install() -> None:
    """Give typer its own words ("Usage", "Options", ...) in the reader's language. To be called
    before it is imported.

    Typer asks gettext's default domain, which looks for compiled files in system folders only.
    """
    if language() == "en":
        return
    gettext.gettext = t  # type: ignore[assignment]
