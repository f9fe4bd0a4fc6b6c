"""Texts in two languages: every message has its Chinese, and parameters survive."""

from __future__ import annotations

from pathlib import Path

import linli_chassis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_chassis.http import ROLES
from linli_chassis.i18n import Text, negotiate, translate
from linli_devkit.catalogues import CONTEXT, catalogue, read_catalogue
from linli_devkit.templates import templates_of
from marshmallow import Schema, ValidationError, fields, validate

PACKAGE = Path(linli_chassis.__file__).parent
# errors at start, for those who deploy: English
OPERATORS_ONLY = ("settings.py", "setting_types.py", "environment.py")


def test_every_message_of_the_chassis_has_a_chinese_translation() -> None:
    templates = templates_of(PACKAGE)
    assert len(templates) > 40
    missing = {
        text: place
        for text, place in templates.items()
        if text not in catalogue("zh") and not place.startswith(OPERATORS_ONLY)
    }
    assert not missing


def test_translations_keep_the_named_parameters_of_their_template() -> None:
    import re

    named = re.compile(r"\{\w+\}")
    wrong = {
        text
        for text, chinese in catalogue("zh").items()
        if set(named.findall(text)) != set(named.findall(chinese))
    }
    assert not wrong


class Everything(Schema):
    text = fields.String(required=True, validate=validate.Length(min=2, max=4))
    exact = fields.String(validate=validate.Length(equal=3))
    code = fields.String(validate=validate.Regexp("[a-z]+"))
    choice = fields.String(validate=validate.OneOf(["a", "b"]))
    among = fields.List(fields.String(), validate=validate.ContainsOnly(["a"]))
    number = fields.Integer(validate=validate.Range(min=1, max=9))
    low = fields.Float(validate=validate.Range(min=0, min_inclusive=False))
    identity = fields.UUID()
    at = fields.AwareDateTime()
    day = fields.Date()
    hour = fields.Time()
    yes = fields.Boolean()
    inner = fields.Nested(lambda: Everything())
    mapping = fields.Dict()
    mail = fields.Email()
    url = fields.URL()


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"text": None},
        {"text": "a"},
        {"text": "abcde"},
        {"text": 3},
        {
            "text": "ab",
            "exact": "1",
            "code": "1",
            "choice": "z",
            "among": ["b"],
            "number": 0,
            "low": 0,
        },
        {
            "text": "ab",
            "number": "x",
            "low": "nan",
            "identity": "x",
            "at": "x",
            "day": "x",
            "hour": "x",
            "yes": "x",
        },
        {
            "text": "ab",
            "at": "2026-01-01T00:00:00",
            "inner": 1,
            "mapping": 1,
            "among": 1,
            "mail": "x",
            "url": "x",
        },
        {"text": "ab", "unknown": 1},
    ],
)
def test_what_marshmallow_says_comes_out_in_chinese(sent: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        Everything().load(sent)
    for messages in caught.value.messages_dict.values():
        for message in messages if isinstance(messages, list) else messages["_schema"]:
            chinese = translate(message, "zh")
            assert chinese != message, message
            assert translate(message, "en") == message


def test_a_text_says_its_parameters_in_both_languages() -> None:
    text = Text("The body is over {limit} bytes.", limit=3)
    assert str(text) == "The body is over 3 bytes."
    assert translate(text, "zh") == "请求体超过 3 字节。"


def test_a_text_may_stand_in_another() -> None:
    text = Text("This needs one of the roles: {roles}.", roles=Text("Not found"))
    assert translate(text, "zh") == "需要具备以下角色之一：未找到。"


def test_codes_are_reported_in_words_in_the_place_that_is_theirs_only() -> None:
    refused = Text("This needs one of the roles: {roles}.", roles="grid_worker, dispatcher")
    assert translate(refused, "en") == "This needs one of the roles: grid_worker, dispatcher."
    assert translate(refused, "zh") == "需要具备以下角色之一：网格员、调度员。"
    assert (
        translate(Text("This path does not take {method}.", method="admin"), "zh")
        == "该路径不支持 admin。"
    )


def test_a_code_among_others_that_has_no_words_leaves_them_all_as_they_are() -> None:
    text = Text("This needs one of the roles: {roles}.", roles="admin, mayor")
    assert translate(text, "zh") == "需要具备以下角色之一：admin, mayor。"


def test_every_role_has_its_chinese_word() -> None:
    assert not {role for role in ROLES if f"roles{CONTEXT}{role}" not in catalogue("zh")}


def test_an_entry_with_a_context_does_not_stand_for_the_one_without(tmp_path: Path) -> None:
    catalogue_file = tmp_path / "messages.po"
    catalogue_file.write_text(
        'msgid "open"\nmsgstr "打开"\n\nmsgctxt "state"\nmsgid "open"\nmsgstr "办理中"\n',
        encoding="utf-8",
    )
    assert read_catalogue(catalogue_file, "zh") == {"open": "打开", f"state{CONTEXT}open": "办理中"}


def test_templates_are_found_in_errors_of_the_domain_and_under_their_names(tmp_path: Path) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "errors.py").write_text(
        "class Base(Invalid):\n    def __init__(self, message, **params): ...\n"
        "class NoSuch(Base): ...\n"
        "class Own(Base):\n    def __init__(self, where): ...\n"
        "class Said(Base):\n    message = 'As said.'\n",
        encoding="utf-8",
    )
    (tmp_path / "rules.py").write_text(
        "LATE = 'Too late.'\nraise NoSuch('No {thing}.', thing=1)\n"
        "raise NoSuch(LATE)\nraise Own('nowhere')\n",
        encoding="utf-8",
    )
    assert templates_of(tmp_path) == {
        "As said.": "errors.py:7",
        "No {thing}.": "rules.py:2",
        "Too late.": "rules.py:3",
    }


def test_what_has_no_translation_is_said_in_english() -> None:
    assert translate(Text("Only here {n}", n=1), "zh") == "Only here 1"


@given(st.text())
def test_a_parameter_is_never_read_as_a_template(value: str) -> None:
    assert str(Text("{value}", value=value)) == value


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("fr,en;q=0.2,zh;q=0.5", "zh"),
        ("zh;q=0.5, en-US", "en"),
        ("en;q=0", "zh"),
        ("fr", "zh"),
        ("*", "zh"),
        ("en;q=x", "zh"),
        (";;;,,=", "zh"),
    ],
)
def test_the_language_is_the_one_the_client_likes_best_of_ours(
    header: str | None, language: str
) -> None:
    assert negotiate(header, "zh") == language
