"""The mapping files that say how another system's requests or grids become ours; checked whole
before a row is read.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from linli.base.errors import UsageFailure
from linli.base.i18n import t
from linli.imports.rows import open_file

COLUMNS = (
    "external_ref",
    "category",
    "status",
    "channel",
    "registered_at",
    "ended_at",
    "longitude",
    "latitude",
)
REQUIRED_COLUMNS = ("external_ref", "category", "status", "registered_at")
REQUEST_KEYS = frozenset(
    {
        "source",
        "time_zone",
        "time_format",
        "columns",
        "fallbacks",
        "categories",
        "channels",
        "statuses",
        "delimiter",
    }
)
OUTCOMES = ("closed", "cancelled", "open")
REASONS = ("withdrawn", "duplicate", "not_ours", "referred_out", "recorded", "other")
ISO = "iso"


@dataclass(frozen=True)
class Status:
    """What a status of the other system means: `reason` only for cancelled."""

    outcome: str
    reason: str | None = None


@dataclass(frozen=True)
class RequestMapping:
    """How the rows of a requests file become requests.

    `time_format` is of `datetime.strptime`, or `iso`. `fallbacks` name the column to look into when
    the first is empty.
    """

    path: Path
    source: str
    time_zone: ZoneInfo
    time_format: str
    columns: Mapping[str, str]
    fallbacks: Mapping[str, str]
    categories: Mapping[str, str]
    channels: Mapping[str, str]
    statuses: Mapping[str, Status]
    delimiter: str = ","

    def check_columns(self, columns: Sequence[str]) -> None:
        """Raise `UsageFailure` if the mapping names a column that the file does not have."""
        for section, names in (("columns", self.columns), ("fallbacks", self.fallbacks)):
            for key, column in names.items():
                if column not in columns:
                    raise self.wrong(
                        f"{section}.{key}",
                        t("the file has no column {column}", column=repr(column)),
                        t("The file's columns are: {columns}", columns=", ".join(columns)),
                    )

    def wrong(self, key: str, what: str, hint: str = "") -> UsageFailure:
        return wrong(self.path, key, what, hint)


def wrong(path: Path, key: str, what: str, hint: str = "") -> UsageFailure:
    """A mapping that cannot be used: which key, and what is wrong with it."""
    return UsageFailure(t("{path}: {key}: {what}", path=str(path), key=key, what=what), hint)


def load_request_mapping(
    path: Path, services: Sequence[str], channels: Sequence[str]
) -> RequestMapping:
    """Read and check the mapping of a requests file.

    Args:
        services: codes of the service catalogue, which categories must map to.
        channels: codes that channels must map to.
    Raises:
        UsageFailure: naming the key at fault.
    """
    document = _Document(path, load_yaml(path))
    document.only(REQUEST_KEYS)
    columns = document.texts("columns")
    for key in REQUIRED_COLUMNS:
        if key not in columns:
            raise wrong(
                path, f"columns.{key}", t("is missing; say which column of the file holds it")
            )
    if ("longitude" in columns) != ("latitude" in columns):
        raise wrong(path, "columns", t("longitude and latitude go together"))
    fallbacks = document.texts("fallbacks", required=False)
    for section, found in (("columns", columns), ("fallbacks", fallbacks)):
        document.among(section, found, COLUMNS, keys=True)
    source = document.text("source")
    if not re.fullmatch(r"[a-z0-9_.-]{1,64}", source):
        raise wrong(path, "source", t("use up to 64 of a-z, 0-9, dot, dash and underscore"))
    return RequestMapping(
        path=path,
        source=source,
        time_zone=_time_zone(path, document.text("time_zone")),
        time_format=_time_format(path, document.text("time_format")),
        columns=columns,
        fallbacks=fallbacks,
        categories=document.among("categories", document.texts("categories"), services),
        channels=document.among("channels", document.texts("channels", required=False), channels),
        statuses={
            name: _status(path, name, value) for name, value in document.section("statuses").items()
        },
        delimiter=document.text("delimiter", ","),
    )


@dataclass(frozen=True)
class Templates:
    """Templates over the properties of a GeoJSON feature, e.g. `grid_code:
    "990101001001{nc_id:0>3}"`.
    """

    path: Path | None
    fields: Mapping[str, str | None]

    def render(self, field: str, properties: Mapping[str, Any]) -> str | None:
        """The value of `field`; None where the mapping says null or the property is null.

        Raises:
            KeyError: the properties lack a name the template uses.
            ValueError: a property does not fit the format of the template.
        """
        template = self.fields.get(field)
        if template is None:
            return None
        if re.fullmatch(r"\{\w+\}", template) and properties[template[1:-1]] is None:
            return None
        return template.format_map(dict(properties)).strip()


def load_templates(
    path: Path | None, fields: Sequence[str], optional: Sequence[str] = ()
) -> Templates:
    """The templates of a mapping file, or `{field}` for each field when there is none."""
    if path is None:
        return Templates(None, {field: f"{{{field}}}" for field in fields})
    document = _Document(path, load_yaml(path))
    document.only({"source", *fields})
    templates: dict[str, str | None] = {}
    for field in fields:
        value = document.raw.get(field)
        if value is None and field not in optional:
            raise wrong(
                path, field, t("is missing; give a template such as {example}", example='"{name}"')
            )
        templates[field] = None if value is None else str(value)
        _check_template(path, field, templates[field])
    return Templates(path, templates)


def _check_template(path: Path, field: str, template: str | None) -> None:
    try:
        names = [
            name for _, name, _, _ in string.Formatter().parse(template or "") if name is not None
        ]
    except ValueError as error:
        raise wrong(path, field, str(error)) from error
    if not all(name.isidentifier() for name in names):
        # `{a.b}` and `{a[0]}` would reach into Python objects.
        raise wrong(path, field, t("only plain property names may stand in braces"))


def load_yaml(path: Path) -> Mapping[str, Any]:
    """A YAML file that holds one mapping. Raises `UsageFailure`."""
    with open_file(path) as file:
        try:
            document = yaml.safe_load(file)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else "?"
            what = getattr(error, "problem", None) or str(error)
            raise UsageFailure(
                t("{path}, line {line}: not YAML: {what}", path=str(path), line=line, what=what)
            ) from error
    if not isinstance(document, dict):
        raise UsageFailure(
            t("{path} holds no mapping.", path=str(path)),
            t("See the mapping files among the samples."),
        )
    return document


@dataclass(frozen=True)
class _Document:
    """A mapping file as read, with errors that name the key."""

    path: Path
    raw: Mapping[str, Any]

    def only(self, keys: frozenset[str] | set[str]) -> None:
        for key in self.raw:
            if key not in keys:
                raise wrong(
                    self.path,
                    str(key),
                    t("is no key of a mapping"),
                    t("Keys: {keys}", keys=", ".join(sorted(keys))),
                )

    def text(self, key: str, default: str | None = None) -> str:
        value = self.raw.get(key, default)
        if not isinstance(value, str) or not value:
            raise wrong(self.path, key, t("is missing; it must be a text"))
        return value

    def section(self, key: str, required: bool = True) -> Mapping[str, Any]:
        value = self.raw.get(key) or {}
        if not isinstance(value, dict) or (required and not value):
            raise wrong(self.path, key, t("is missing; it must be a mapping of names to values"))
        for name in value:
            if isinstance(name, bool) or not isinstance(name, str | int):
                # YAML reads yes, no, on, off and dates as what they mean; here the word itself is
                # wanted.
                raise wrong(
                    self.path, f"{key}.{name}", t("is not a text to YAML; put it into quotes")
                )
        return {str(name): entry for name, entry in value.items()}

    def texts(self, key: str, required: bool = True) -> Mapping[str, str]:
        section = self.section(key, required)
        for name, value in section.items():
            if not isinstance(value, str):
                raise wrong(self.path, f"{key}.{name}", t("must be a text"))
        return section

    def among(
        self, section: str, found: Mapping[str, str], allowed: Sequence[str], keys: bool = False
    ) -> Mapping[str, str]:
        for name, value in found.items():
            if (name if keys else value) not in allowed:
                hint = t("Known are: {values}", values=", ".join(allowed))
                shown = name if keys else value
                raise wrong(
                    self.path,
                    f"{section}.{name}",
                    t("{value} is not known", value=repr(shown)),
                    hint,
                )
        return found


def _status(path: Path, name: str, value: Any) -> Status:
    fields = {"outcome": value} if isinstance(value, str) else value
    if not isinstance(fields, dict) or not set(fields) <= {"outcome", "reason"}:
        raise wrong(
            path,
            f"statuses.{name}",
            t("must be closed, cancelled, open, or a mapping with outcome and reason"),
        )
    outcome, reason = fields.get("outcome"), fields.get("reason")
    if outcome not in OUTCOMES:
        raise wrong(
            path,
            f"statuses.{name}.outcome",
            t("must be one of: {values}", values=", ".join(OUTCOMES)),
        )
    if outcome != "cancelled":
        return Status(outcome)
    if reason is not None and reason not in REASONS:
        raise wrong(
            path,
            f"statuses.{name}.reason",
            t("must be one of: {values}", values=", ".join(REASONS)),
        )
    return Status(outcome, reason or "recorded")


def _time_zone(path: Path, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        what = t("{name} is no time zone, such as Asia/Shanghai", name=repr(name))
        raise wrong(path, "time_zone", what) from error


def _time_format(path: Path, text: str) -> str:
    if text != ISO and "%" not in text:
        raise wrong(path, "time_format", t('must be "iso", or a format such as "%Y-%m-%d %H:%M"'))
    return text
