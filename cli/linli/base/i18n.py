"""The words of the command in Chinese and English: English templates are the keys of
locale/*/LC_MESSAGES/messages.po.

The same files and templates as `linli_chassis.i18n`, which is not used here because it brings the
settings of the services with it, and a person who asks for help should not wait for those.
"""

from __future__ import annotations

import functools
import gettext
import os
import re
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")
_LOCALE = Path(__file__).parent / "locale"
_PARAMETER = re.compile(r"\{(\w+)\}")


def language() -> str:
    """`zh` or `en`: LINLI_LANGUAGE, else the locale of the shell."""
    for variable in ("LINLI_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def t(template: str, /, **params: Any) -> str:
    """`template` in the language of the reader, with its `{named}` parts filled in."""
    words = catalogue(language()).get(template, template)
    return _PARAMETER.sub(lambda match: str(params.get(match[1], match[0])), words)


def mark(template: str) -> str:
    """`template` itself: marks a text that stands in a table and is translated with `t` when it is
    shown.
    """
    return template


@functools.cache
def catalogue(of: str) -> dict[str, str]:
    """All messages of a language by their English template; empty for English."""
    path = _LOCALE / of / "LC_MESSAGES" / "messages.po"
    if of == "en" or not path.exists():
        return {}
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        messages = read_po(file, locale=of)
    return {
        str(message.id): str(message.string)
        for message in messages
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
