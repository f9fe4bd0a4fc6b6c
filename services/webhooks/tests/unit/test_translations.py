"""What webhooks refuse is there in Chinese too."""

from __future__ import annotations

import re
from pathlib import Path

import linli_webhooks
from babel.messages.pofile import read_po
from linli_webhooks import errors

PARAMETER = re.compile(r"\{(\w+)\}")


def test_every_error_has_a_chinese_translation_with_the_same_parameters() -> None:
    folder = Path(linli_webhooks.__file__).parent
    with (folder / "locale/zh/LC_MESSAGES/messages.po").open("rb") as file:
        chinese = {str(entry.id): str(entry.string) for entry in read_po(file, "zh") if entry.id}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    own = {kind.message for kind in kinds if kind.__module__ == errors.__name__ and kind.message}
    assert chinese.keys() == own
    for english, text in chinese.items():
        assert PARAMETER.findall(english) == PARAMETER.findall(text)
