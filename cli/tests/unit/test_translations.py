from __future__ import annotations

import re
from pathlib import Path

import linli
import pytest
from linli.base.i18n import language, t
from linli_client import errors
from linli_devkit.catalogues import catalogue_of
from linli_devkit.command_texts import texts_of

CHINESE = catalogue_of("linli.base", "zh")


def templates() -> dict[str, str]:
    """Every text of the command and every error of the client, with the file it stands in."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    messages = {kind.message: "errors.py" for kind in kinds if getattr(kind, "message", "")}
    return {**messages, **texts_of(Path(linli.__file__).parent)}


def test_every_text_has_a_chinese_translation() -> None:
    missing = {text: file for text, file in templates().items() if text not in CHINESE}
    assert not missing


def test_no_translation_is_left_over() -> None:
    assert not set(CHINESE) - set(templates()) - set(typer_words())


def test_translations_name_the_same_parts() -> None:
    def parts(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert not {text: words for text, words in CHINESE.items() if parts(text) != parts(words)}


def typer_words() -> set[str]:
    """What typer and the click inside it say through gettext."""
    import typer

    sources = "".join(
        path.read_text(encoding="utf-8") for path in Path(typer.__file__).parent.rglob("*.py")
    )
    return set(re.findall(r'\b_\(\s*"((?:[^"\\]|\\.)*)"', sources))


def test_typers_own_words_are_those_it_asks_for() -> None:
    assert typer_words() & set(CHINESE) >= {"Options", "Commands", "Arguments", "Error"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LINLI_LANGUAGE": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_that_of_the_reader(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], expected: str
) -> None:
    monkeypatch.delenv("LINLI_LANGUAGE")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def test_what_is_filled_in_is_never_read_as_a_template() -> None:
    assert t("{path} cannot be read: {error}", path="{error}", error="{path.__class__}") == (
        "{error} cannot be read: {path.__class__}"
    )
