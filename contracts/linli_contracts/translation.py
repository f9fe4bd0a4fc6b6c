"""Texts for people in their language: English templates in the code, Chinese in gettext catalogues.

A package keeps its catalogue as `locale/<language>/LC_MESSAGES/messages.po`; it is compiled in
memory at first use. A code that fills a place of a template, such as a state, has its words there
too: its context (`msgctxt`) is the name of the place, so that the same word typed by a client into
another place stays as it was typed.

Services and the command share this module. Importing it loads the standard library only.
"""

from __future__ import annotations

import pkgutil
import re
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.machinery import FileFinder
from io import BytesIO
from pathlib import Path
from typing import Any

LANGUAGES = ("zh", "en")
SOURCE_LANGUAGE = "en"

PARAMETER = re.compile(r"\{(\w+)\}")
"""A place in a template."""

_SEPARATOR = ", "  # between several codes; has a translation of its own


class Text(str):
    """An English text that remembers its template, so that it can be translated later.

    `str()` of it is the English text. Usable wherever marshmallow takes a message.
    """

    template: str
    params: dict[str, Any]

    __slots__ = ("params", "template")

    def __new__(cls, template: str, /, **params: Any) -> Text:
        """Fill the `{named}` places of `template`; a parameter may be a `Text` itself."""
        text = super().__new__(cls, fill(template, params))
        text.template = template
        text.params = params
        return text

    def format(self, *_args: Any, **params: Any) -> Text:
        """The text with more places filled, its template still known: marshmallow calls this."""
        return Text(self.template, **{**self.params, **params})


def fill(template: str, params: dict[str, Any]) -> str:
    """A template with its `{named}` places filled; those without a parameter stay."""
    # Not str.format: a template is data here, and `{a.b}` must not reach into objects.
    return PARAMETER.sub(lambda match: str(params.get(match[1], match[0])), template)


def translate(text: str, translations: NullTranslations, /, **params: Any) -> str:
    """A `Text`, or a template with its parameters, in the language of `translations`.

    What has no translation stays English.
    """
    template = str(text)
    if isinstance(text, Text):
        template, params = text.template, {**text.params, **params}
    translated = (
        translations.gettext(template) if template else ""
    )  # "" is the header of a catalogue
    if translated == template:
        return fill(template, params)
    return fill(
        translated, {name: _in_words(name, value, translations) for name, value in params.items()}
    )


def word(place: str, code: str, translations: NullTranslations) -> str | None:
    """The word for a code in a place of templates, e.g. `roles`; None where the code is used."""
    translated = translations.pgettext(place, code)
    return None if translated == code else translated


@cache
def load(package: Path, language: str) -> NullTranslations:
    """The translations of one package, given its folder; English has none."""
    return _compile(package, language) or NullTranslations()


@cache
def installed(language: str) -> NullTranslations:
    """The translations of all installed packages whose names begin with `linli_`."""
    chain = NullTranslations()
    for package in _package_folders():
        translations = _compile(package, language)
        if translations is not None:
            translations.add_fallback(chain)
            chain = translations
    return chain


def _compile(package: Path, language: str) -> NullTranslations | None:
    path = package / "locale" / language / "LC_MESSAGES" / "messages.po"
    if language == SOURCE_LANGUAGE or not path.is_file():
        return None
    # Imported here, for whoever reads English need not wait for it.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _package_folders() -> list[Path]:
    return sorted(
        Path(module.module_finder.path) / module.name
        for module in pkgutil.iter_modules()
        if module.ispkg
        and module.name.startswith("linli_")  # `linli`, the command, shows its texts itself
        and isinstance(module.module_finder, FileFinder)
    )


def _in_words(place: str, value: Any, translations: NullTranslations) -> Any:
    if isinstance(value, Text):
        return translate(value, translations)
    if not isinstance(value, str):
        return value
    words = [word(place, code, translations) for code in value.split(_SEPARATOR)]
    known = [each for each in words if each]
    if len(known) < len(words):
        return value
    return translations.gettext(_SEPARATOR).join(known)
