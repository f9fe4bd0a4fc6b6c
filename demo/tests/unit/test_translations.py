"""The demonstration speaks Chinese too."""

from __future__ import annotations

from pathlib import Path

import linli_demo
from linli_devkit.catalogues import catalogue_of
from linli_devkit.command_texts import texts_of

CHINESE = catalogue_of("linli_demo", "zh")
OF_THE_COMMAND = catalogue_of("linli.base", "zh")
TEXTS = texts_of(Path(linli_demo.__file__).parent)


def test_every_text_has_a_chinese_translation() -> None:
    assert set(TEXTS) - set(CHINESE) - set(OF_THE_COMMAND) == set()


def test_no_translation_is_left_over_or_there_twice() -> None:
    assert set(CHINESE) - set(TEXTS) == set()
    assert set(CHINESE) & set(OF_THE_COMMAND) == set()
