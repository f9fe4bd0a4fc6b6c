"""The translation engine: catalogues by package, contexts, templates with places."""

from __future__ import annotations

import subprocess
import sys
from enum import Enum
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import linli_contracts.validation_messages  # noqa: F401 - refusals become translatable
import pytest
from linli_contracts.translation import Text, fill, installed, load, translate, word
from marshmallow import ValidationError, fields, validate

CATALOGUE = """
msgid "open"
msgstr "打开"

msgctxt "state"
msgid "open"
msgstr "办理中"

msgctxt "state"
msgid "closed"
msgstr "已办结"

msgid "It is {state}."
msgstr "状态为{state}。"

msgid "Too many: {count}."
msgstr "过多：{count}。"

#, fuzzy
msgid "Not certain."
msgstr "不确定。"

msgid ", "
msgstr "、"
"""


@pytest.fixture
def chinese(tmp_path: Path) -> NullTranslations:
    path = tmp_path / "locale" / "zh" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    path.write_text(header + CATALOGUE, encoding="utf-8")
    return load(tmp_path, "zh")


def test_a_template_is_translated_and_its_places_are_filled(chinese: NullTranslations) -> None:
    assert translate("Too many: {count}.", chinese, count=3) == "过多：3。"
    assert translate(Text("Too many: {count}.", count=3), chinese) == "过多：3。"


def test_a_code_has_its_word_in_the_place_that_is_its_context_only(
    chinese: NullTranslations,
) -> None:
    assert translate("open", chinese) == "打开"
    assert translate("It is {state}.", chinese, state="open") == "状态为办理中。"
    assert translate("It is {state}.", chinese, state="open, closed") == "状态为办理中、已办结。"
    assert translate("It is {state}.", chinese, state="open, lost") == "状态为open, lost。"
    assert translate("Too many: {count}.", chinese, count="open") == "过多：open。"
    assert (word("state", "open", chinese), word("state", "lost", chinese)) == ("办理中", None)


def test_what_has_no_certain_translation_stays_english_words_and_all(
    chinese: NullTranslations,
) -> None:
    assert translate("Not certain.", chinese) == "Not certain."
    assert translate("Only {state}", chinese, state="open") == "Only open"
    assert translate("", chinese) == ""


def test_english_and_a_package_without_catalogue_have_no_translations(tmp_path: Path) -> None:
    for language in ("en", "zh"):
        assert translate("open", load(tmp_path, language)) == "open"


def test_a_text_keeps_its_template_while_more_places_are_filled() -> None:
    text = Text("{a} and {b}", a=1).format(b=2)
    assert (str(text), text.template, text.params) == ("1 and 2", "{a} and {b}", {"a": 1, "b": 2})


def test_a_template_reaches_into_no_object() -> None:
    assert fill("{a.b} {a[0]} {a}", {"a": "x"}) == "{a.b} {a[0]} x"


class Colour(Enum):
    RED = 1


@pytest.mark.parametrize(
    ("field", "value", "english", "params"),
    [
        (fields.Integer(validate=validate.Range(1, 9)), 0, "Must be greater", {"min": 1, "max": 9}),
        (fields.String(validate=validate.Length(max=2)), "abc", "Longer than", {"max": 2}),
        (fields.String(validate=validate.OneOf(["a", "b"])), "c", "one of: a, b.", {}),
        (fields.String(validate=validate.Equal("a")), "c", "equal to a.", {"other": "a"}),
        (fields.Enum(Colour), "BLUE", "one of: RED.", {"choices": "RED"}),
    ],
)
def test_marshmallow_refuses_with_templates_in_its_own_words(
    field: fields.Field[Any], value: Any, english: str, params: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as caught:
        field.deserialize(value)
    [message] = caught.value.messages
    assert isinstance(message, Text)
    assert english in message
    assert params.items() <= message.params.items()
    assert translate(message, installed("zh")) != message


def test_importing_the_engine_imports_neither_babel_nor_marshmallow() -> None:
    code = (
        "import sys, linli_contracts.translation as t; t.translate('x', t.installed('en'));"
        "print(sorted({'babel', 'marshmallow', 'linli_chassis'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)  # noqa: S603
    assert done.stdout.strip() == "[]", done.stderr
