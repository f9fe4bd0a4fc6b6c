"""Makes marshmallow refuse values with `Text`s, whose templates can be translated.

Importing this is enough. Messages without parameters are templates already; those whose parameters
marshmallow fills in would be plain English without this. The wording stays marshmallow's.
"""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from linli_contracts.translation import Text

_WITH_PARAMETERS = (
    validate.Length,
    validate.Equal,
    validate.OneOf,
    validate.NoneOf,
    validate.ContainsOnly,
    validate.ContainsNoneOf,
)


def _range_error(self: validate.Range, _value: Any, message: str) -> str:
    # A range composes its messages when it is made, so its templates are known only here.
    return Text(self.error or message, min=self.min, max=self.max)


def _install() -> None:
    for validator in _WITH_PARAMETERS:
        for name, message in list(vars(validator).items()):
            if "message" in name and isinstance(message, str):
                setattr(validator, name, Text(message))
    setattr(validate.Range, "_format_error", _range_error)  # noqa: B010 - mypy forbids to assign
    unknown = fields.Enum.default_error_messages["unknown"]
    fields.Enum.default_error_messages["unknown"] = Text(str(unknown))


_install()
