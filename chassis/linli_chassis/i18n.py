"""The language of a request, and its texts. The engine is `linli_contracts.translation`."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from linli_contracts import translation
from linli_contracts.translation import LANGUAGES, PARAMETER, SOURCE_LANGUAGE, Text

__all__ = ["PARAMETER", "Text", "current_locale", "negotiate", "translate", "word"]

current_locale: ContextVar[str] = ContextVar("linli_locale", default=SOURCE_LANGUAGE)
"""The language of the request being answered."""


def translate(text: str, locale: str, /, **params: Any) -> str:
    """A `Text`, or a template with its parameters, in the language asked for ("zh" or "en").

    In English where no installed package has a translation.
    """
    return translation.translate(text, translation.installed(locale), **params)


def word(place: str, code: str, locale: str) -> str | None:
    """The word for a code in a place of templates, e.g. `roles`; None where the code is used."""
    return translation.word(place, code, translation.installed(locale))


def negotiate(accept_language: str | None, default: str) -> str:
    """The language that an `Accept-Language` header prefers (RFC 9110, 12.5.4); else `default`."""
    best, best_quality = default, 0.0
    for part in (accept_language or "").split(","):
        tag, _, parameters = part.partition(";")
        language = tag.strip().split("-")[0].lower()
        quality = _quality(parameters)
        if language in LANGUAGES and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
