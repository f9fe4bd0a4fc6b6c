"""Mapping files: how another system's requests or grids become ours; checked before use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields

from linli.base.errors import UsageFailure
from linli.base.files import load_yaml
from linli.base.i18n import t
from linli.imports.mapping_schema import (
    NO_SUCH_KEY,
    MappingSchema,
    RequestMappingSchema,
    Status,
    one_of,
    section,
    template_field,
)


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
        for key_of, names in (("columns", self.columns), ("fallbacks", self.fallbacks)):
            for key, column in names.items():
                if column not in columns:
                    what = t("the file has no column {column}", column=repr(column))
                    raise UsageFailure(
                        _line(self.path, f"{key_of}.{key}", what),
                        t("The file's columns are: {columns}", columns=", ".join(columns)),
                    )


@dataclass(frozen=True)
class Templates:
    """Templates over a GeoJSON feature's properties, e.g. `grid_code: "990101{nc_id:0>6}"`."""

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


def load_request_mapping(
    path: Path, services: Sequence[str], channels: Sequence[str]
) -> RequestMapping:
    """Read and check the mapping of a requests file.

    Args:
        services: codes of the service catalogue, which categories must map to.
        channels: codes that channels must map to.
    Raises:
        UsageFailure: with everything that is wrong, each with its key.
    """
    schema = RequestMappingSchema.from_dict(
        {
            "categories": section(one_of(services), required=True),
            "channels": section(one_of(channels)),
        }
    )
    return RequestMapping(path=path, **_load(path, schema()))


def load_templates(
    path: Path | None, names: Sequence[str], optional: Sequence[str] = ()
) -> Templates:
    """The templates of a mapping file, or `{field}` for each field when there is none.

    Raises:
        UsageFailure: with everything that is wrong, each with its key.
    """
    if path is None:
        return Templates(None, {name: f"{{{name}}}" for name in names})
    missing = t("is missing; give a template such as {example}", example='"{{name}}"')
    schema = MappingSchema.from_dict(
        {
            "source": fields.Raw(allow_none=True),
            **{name: template_field(name in optional, missing) for name in names},
        }
    )
    document = _load(path, schema())
    return Templates(path, {name: document.get(name) for name in names})


def _load(path: Path, schema: Schema) -> dict[str, Any]:
    document = load_yaml(path)
    if not isinstance(document, dict):
        raise UsageFailure(
            t("{path} holds no mapping.", path=str(path)),
            t("See the mapping files among the samples."),
        )
    try:
        loaded: dict[str, Any] = schema.load(document)
    except ValidationError as error:
        problems = list(_problems(error.messages))
        hint = ""
        if any(what == t(NO_SUCH_KEY) for _, what in problems):
            hint = t("Keys: {keys}", keys=", ".join(sorted(schema.fields)))
        lines = (_line(path, key, what) for key, what in problems)
        raise UsageFailure("\n".join(lines), hint) from error
    return loaded


def _line(path: Path, key: str, what: str) -> str:
    return t("{path}: {key}: {what}", path=str(path), key=key, what=what)


def _problems(messages: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Each message of a ValidationError in the reader's language, with the key it is about."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            about_key_itself = name in ("_schema", "key", "value")
            path = f"{key}.{name}" if key else str(name)
            yield from _problems(inner, key if about_key_itself else path)
    else:
        for message in messages:
            yield key, t(str(message))
