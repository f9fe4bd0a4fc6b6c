"""What single values of district.toml may be, and which of them go together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from linli_client.events.names import check_name
from marshmallow import ValidationError, fields
from marshmallow.validate import Length, Range, Regexp

from linli.base.i18n import mark, t

HOST = Regexp(
    r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\Z",
    error=mark("must be a host name or an IPv4 address"),
)
NAME = Regexp(
    r"[A-Za-z0-9][A-Za-z0-9._/-]*\Z", error=mark("may have letters, digits and . _ / - only")
)
IDENTIFIER = Regexp(
    r"[a-z][a-z0-9_]{0,62}\Z", error=mark("may have a-z, 0-9 and _ only, a letter first")
)
DNS_LABEL = Regexp(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z", error=mark("may have a-z, 0-9 and - only"))
VARIABLE = Regexp(r"[A-Z][A-Z0-9_]*\Z", error=mark("must be a variable of docs/configuration.md"))
PORT = Range(1, 65535)
ADDRESS = Regexp(
    r"[0-9]{1,3}(\.[0-9]{1,3}){3}:[0-9]{1,5}\Z", error=mark("must be an IPv4 address and a port")
)
_PLAIN = re.compile(r"[^\s$#'\"\\`]([^$#'\"\\`\r\n]*[^\s$#'\"\\`])?\Z")
"""What compose and kustomize read alike in a file of variables."""
PLAIN_LINE = Regexp(
    _PLAIN,
    error=mark("must be plain text of one line, without quotes, $, # and backslashes"),
)


def text(**more: Any) -> fields.String:
    """A text that must be given; `more` is for the field."""
    return fields.String(**{"required": True, "validate": Length(1, 200), **more})


def file() -> fields.String:
    """A path, which may be left out."""
    return fields.String(validate=Length(1, 500))


def check_subscriber(name: str) -> None:
    """Raise `ValidationError` unless it can be the name of a subscriber."""
    try:
        check_name(name)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def must_be_together(data: Mapping[str, Any], *names: str) -> None:
    """Raise `ValidationError` where some of these are given and others are not."""
    missing = [name for name in names if not data.get(name)]
    if 0 < len(missing) < len(names):
        present = next(name for name in names if data.get(name))
        raise ValidationError(t("is needed with {name}", name=present), missing[0])


def as_variable(value: Any) -> str:
    """A value as it stands in a file of variables. Raises `ValidationError`."""
    variable = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, dict | list) or not _PLAIN.match(variable):
        raise ValidationError(PLAIN_LINE.error, "settings")
    return variable
