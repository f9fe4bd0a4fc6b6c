"""Texts for people in their language: English templates in the code, Chinese in each package's
catalogue.

Catalogues are `<package>/locale/<language>/LC_MESSAGES/messages.po` of every installed Linli
package. A code that fills a place of a template, such as a state, has its words there too: its
context (`msgctxt`) is the name of the place, so that the same word typed by a client into another
place stays as it was typed.
"""

from __future__ import annotations

import pkgutil
import re
from contextvars import ContextVar
from functools import cache
from importlib.machinery import FileFinder
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

from linli_chassis.settings import LANGUAGES

SOURCE_LANGUAGE = "en"

current_locale: ContextVar[str] = ContextVar("linli_locale", default=SOURCE_LANGUAGE)
"""The language of the request being answered."""

PARAMETER = re.compile(r"\{(\w+)\}")
"""A place in a template."""

CONTEXT = "\x04"
"""Stands between context and message in a key of a catalogue, as gettext has it."""

_BETWEEN_CODES = ", "  # has a translation of its own


class Text(str):
    """An English text that remembers its template, so that it can be said in another language
    later.

    `str()` of it is the English text. Usable wherever marshmallow takes a message.
    """

    template: str
    params: dict[str, Any]

    __slots__ = ("params", "template")

    def __new__(cls, template: str, /, **params: Any) -> Text:
        """Fill the `{named}` places of `template` with `params`; a parameter may be a `Text`
        itself.
        """
        text = super().__new__(cls, _fill(template, params))
        text.template = template
        text.params = params
        return text


def translate(text: str, locale: str, /, **params: Any) -> str:
    """A text in the language asked for; in English where the catalogues have no translation.

    Args:
        text: A `Text`; a template, with its parameters; or a filled-in message of marshmallow,
            whose parameters are found by comparing it with the templates of the catalogue.
        locale: "zh" or "en".
    """
    if isinstance(text, Text):
        template, params = text.template, {**text.params, **params}
    else:
        template = str(text)
    messages = catalogue(locale)
    translated = messages.get(template)
    if translated is not None:
        return _fill(
            translated, {name: _value(name, value, locale) for name, value in params.items()}
        )
    if not params and locale != SOURCE_LANGUAGE:
        return _translate_filled(template, locale)
    return _fill(template, params)


def word(place: str, code: str, locale: str) -> str | None:
    """The word for a code that stands in a place of templates, e.g. `roles`; None where a language
    uses the code.
    """
    return catalogue(locale).get(f"{place}{CONTEXT}{code}")


def negotiate(accept_language: str | None, default: str) -> str:
    """The language we have that an `Accept-Language` header likes best (RFC 9110, 12.5.4); else
    `default`.
    """
    best, best_quality = default, 0.0
    for part in (accept_language or "").split(","):
        tag, _, parameters = part.partition(";")
        language = tag.strip().split("-")[0].lower()
        quality = _quality(parameters)
        if language in LANGUAGES and quality > best_quality:
            best, best_quality = language, quality
    return best


@cache
def catalogue(locale: str) -> dict[str, str]:
    """Translations by English template, or by context and code, of all installed Linli packages."""
    messages: dict[str, str] = {}
    for folder in _package_folders():
        path = folder / "locale" / locale / "LC_MESSAGES" / "messages.po"
        if path.is_file():
            messages.update(read_catalogue(path, locale))
    return messages


def read_catalogue(path: Path, locale: str) -> dict[str, str]:
    """The translated messages of one .po file."""
    with path.open("rb") as file:
        return {
            f"{entry.context}{CONTEXT}{entry.id}" if entry.context else str(entry.id): str(
                entry.string
            )
            for entry in read_po(file, locale)
            if entry.id and entry.string
        }


def _package_folders() -> list[Path]:
    return sorted(
        Path(module.module_finder.path) / module.name
        for module in pkgutil.iter_modules()
        if module.ispkg
        and module.name.startswith(
            "linli_"
        )  # the command has texts of its own, and shows them itself
        and isinstance(module.module_finder, FileFinder)
    )


@cache
def _patterns(locale: str) -> list[tuple[re.Pattern[str], str]]:
    # Longest first: "Length must be between {min} and {max}." before "Length must be {equal}."
    templates = sorted(
        (template for template in catalogue(locale) if PARAMETER.search(template)), key=len
    )
    return [(_as_pattern(template), template) for template in reversed(templates)]


def _as_pattern(template: str) -> re.Pattern[str]:
    pieces = PARAMETER.split(template)
    names: set[str] = set()
    pattern = ""
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            pattern += re.escape(piece)
        elif piece in names:
            pattern += f"(?P={piece})"
        else:
            names.add(piece)
            pattern += f"(?P<{piece}>.*)"
    return re.compile(pattern, re.DOTALL)


def _translate_filled(message: str, locale: str) -> str:
    for pattern, template in _patterns(locale):
        match = pattern.fullmatch(message)
        if match:
            return _fill(catalogue(locale)[template], match.groupdict())
    return message


def _value(place: str, value: Any, locale: str) -> Any:
    if isinstance(value, Text):
        return translate(value, locale)
    if not isinstance(value, str):
        return value
    words = [word(place, code, locale) for code in value.split(_BETWEEN_CODES)]
    return (
        catalogue(locale).get(_BETWEEN_CODES, _BETWEEN_CODES).join(filter(None, words))
        if all(words)
        else value
    )


def _fill(template: str, params: dict[str, Any]) -> str:
    # Not str.format: a template is data here, and `{a.b}` must not reach into objects.
    return PARAMETER.sub(lambda match: str(params.get(match[1], match[0])), template)


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
