"""Reading a dataclass of settings from the environment, with all errors at once.

Which settings there are is declared in `settings` and in those of each service.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import marshmallow.fields
from marshmallow import ValidationError

REQUIRED: Any = object()
"""Stands as `default` of a setting that must be given."""

_METADATA = "linli_setting"
_FILE = "_FILE"
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class BadSetting:
    """One setting that cannot be used: its name, what is wrong and its help line."""

    name: str
    wrong: str
    help: str

    def __str__(self) -> str:
        return f"{self.name}: {self.wrong}\n    {self.help}"


class BadSettings(ValueError):
    """All settings that cannot be used, as `.problems`; no value of a secret is quoted."""

    def __init__(self, problems: Iterable[BadSetting]) -> None:
        self.problems = tuple(problems)
        super().__init__("These settings cannot be used:\n" + "\n".join(map(str, self.problems)))


class UnreadableFile(ValueError):
    """The file that `<name>_FILE` names cannot be read."""


def _log_level(text: str) -> int:
    level = logging.getLevelNamesMapping().get(text.upper())
    if level is None and not text.isdecimal():
        raise ValidationError("Not a valid log level.")
    return int(text) if level is None else level


_PARSERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": marshmallow.fields.Integer().deserialize,
    "float": marshmallow.fields.Float().deserialize,
    "bool": marshmallow.fields.Boolean().deserialize,
    "log_level": _log_level,
}


@dataclass(frozen=True)
class Setting:
    """How one field of a `Settings` class is read. Made by `setting()`."""

    name: str
    parse: Callable[[str], Any] | str
    default: Any
    help: str
    secret: bool
    validate: Callable[[Any], Any] | None

    def read(self, environ: Mapping[str, str]) -> Any:
        """The value from the environment, or the default.

        Raises:
            ValueError, ValidationError: it is missing or unusable.
        """
        text = self._text(environ).strip()
        if not text:  # a blank variable is how compose files and shells leave a setting out
            if self.default is REQUIRED:
                raise ValidationError("is required and not set")
            return self.default
        parse = _PARSERS[self.parse] if isinstance(self.parse, str) else self.parse
        value = parse(text)
        if self.validate:
            self.validate(value)
        return value

    def file(self, environ: Mapping[str, str]) -> Path | None:
        """The file that the value is read from; None where it stands in the environment."""
        path = environ.get(self.name + _FILE)
        return Path(path) if path else None

    def bad(self, wrong: str) -> BadSetting:
        """This setting with what is wrong about it."""
        return BadSetting(name=self.name, wrong=wrong, help=self.help)

    def _text(self, environ: Mapping[str, str]) -> str:
        variable = self.name + _FILE
        path = environ.get(variable)
        if not path:
            return environ.get(self.name, "")
        try:
            return Path(path).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            message = f"{variable} points at a file that cannot be read: {reason}"
            raise UnreadableFile(message) from None


def setting(
    name: str,
    parse: Callable[[str], Any] | str,
    *,
    default: Any = REQUIRED,
    help: str,
    secret: bool = False,
    validate: Callable[[Any], Any] | None = None,
) -> Any:
    """A field of a `Settings` class, read from the environment.

    Args:
        parse: "str", "int", "float", "bool" or "log_level", or a function of the text that raises
            `ValueError` or `ValidationError`.
        default: A Python value, taken as it is; without one the setting is required.
        help: One English line for the error and for docs/configuration.md; give the unit.
        secret: Not shown in `repr`, and may be given as a file by `<name>_FILE=/path`.
        validate: A marshmallow validator of the parsed value, e.g. `Range(min=1)`.
    """
    declared = Setting(name, parse, default, help, secret, validate)
    if default is REQUIRED:
        return field(repr=not secret, metadata={_METADATA: declared})
    return field(default=default, repr=not secret, metadata={_METADATA: declared})


def read_settings(cls: type[_T], environ: Mapping[str, str]) -> _T:
    """An instance of a dataclass whose fields are made by `setting()`.

    Raises:
        BadSettings: with everything that is wrong.
    """
    values: dict[str, Any] = {}
    problems: list[BadSetting] = []
    for attribute, declared in declared_settings(cls).items():
        try:
            values[attribute] = declared.read(environ)
        except (ValueError, ValidationError) as error:
            problems.append(declared.bad(_wrong(declared, error)))
    if problems:
        raise BadSettings(problems)
    return cls(**values)


def declared_settings(cls: type[Any]) -> dict[str, Setting]:
    """The settings of a class by attribute, shared ones first."""
    return {
        item.name: item.metadata[_METADATA] for item in fields(cls) if _METADATA in item.metadata
    }


def _wrong(declared: Setting, error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(map(str, error.messages))
    if declared.secret and not isinstance(error, UnreadableFile):
        return "cannot be read"  # other errors may quote the value, as those of int() do
    return str(error)
