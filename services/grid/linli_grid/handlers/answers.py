"""Pieces of answers that several handlers give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from linli_chassis.http import refused_item
from linli_chassis.i18n import Text

from linli_grid.domain.errors import GridError, Invalid


def text_of(error: GridError) -> Text:
    """The message of an error, to be said in the language of the client."""
    return Text(error.message, **error.params)


def refused(index: int, error: GridError) -> dict[str, Any]:
    """An item of an import that was not taken: where, what about it, and why."""
    return refused_item(index, text_of(error), error.pointer or "")


def position(after: Sequence[Any] | None, *read: Callable[[str], Any]) -> list[Any] | None:
    """The values of a cursor's position, each read by its own function; None for the first page.

    Raises:
        Invalid: it is not the cursor of this list.
    """
    if after is None:
        return None
    try:
        return [one(value) for one, value in zip(read, after, strict=True)]
    except (ValueError, TypeError, AttributeError):
        raise Invalid("Not a cursor of ours.") from None


def stored_text(text: Text | None) -> dict[str, Any] | None:
    """A text as the database keeps it, so that it can be said in any language later."""
    return None if text is None else {"template": text.template, "params": text.params}


def loaded_text(stored: Mapping[str, Any] | None) -> Text | None:
    """The text that `stored_text` made this of."""
    return None if stored is None else Text(stored["template"], **stored["params"])
