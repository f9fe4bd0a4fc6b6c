"""The service catalogue: the codes, names and limits of what a resident may ask for."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from linli_contracts.fields import SERVICE_CODE


class BadServiceCatalogue(ValueError):
    """The file of the service catalogue cannot be used; says which entry and why."""


@dataclass(frozen=True, slots=True)
class ServiceItem:
    """One entry. Limits are working hours; `priority_for` names groups of residents that come
    first. What is in `public_space` anybody may see, so others may learn that it was reported.
    """

    code: str
    name_zh: str
    name_en: str
    answer_hours: float
    finish_hours: float
    priority_for: tuple[str, ...] = ()
    public_space: bool = False

    @property
    def domain(self) -> str:
        """The code of its domain, such as `elder_care`."""
        return self.code.partition(".")[0]

    def name(self, language: str) -> str:
        """Its name in a language tag such as `en-GB`; Chinese unless that is English."""
        return self.name_en if language.startswith("en") else self.name_zh


def load_service_items(path: str | Path | None = None) -> dict[str, ServiceItem]:
    """The catalogue by code, from the district's own file or the default one.

    Raises:
        BadServiceCatalogue: the file is not a catalogue.
        OSError: it cannot be read.
    """
    source = Path(path) if path else resources.files("linli_contracts") / "data" / "services.yaml"
    try:
        document = yaml.load(source.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506  # a safe loader
        domains = document["domains"]
        entries = {
            code: _entry(code, fields, domains) for code, fields in document["services"].items()
        }
    except BadServiceCatalogue as error:
        raise BadServiceCatalogue(f"{source}: {error}") from error
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise BadServiceCatalogue(
            f"{source}: {error!r}; compare with the default catalogue"
        ) from error
    if not entries:
        raise BadServiceCatalogue(f"{source}: no services; compare with the default catalogue")
    return entries


@cache
def services_of(path: str | None) -> dict[str, ServiceItem]:
    """The catalogue at a path, read once in a process. Raises as `load_service_items` does."""
    return load_service_items(path)


def catalogue_file(path: str) -> str:
    """The path itself, for a setting. Raises `BadServiceCatalogue` unless it can be used."""
    try:
        services_of(path)
    except OSError as error:
        raise BadServiceCatalogue(str(error)) from error
    return path


def _entry(code: object, fields: dict[str, object], domains: dict[str, object]) -> ServiceItem:
    if not isinstance(code, str) or not SERVICE_CODE.matches(code):
        raise BadServiceCatalogue(f"{code}: not a service code, such as elder_care.home_visit")
    if code.partition(".")[0] not in domains:
        raise BadServiceCatalogue(f"{code}: its domain is not listed under `domains`")
    groups = fields.get("priority_for", [])
    if not isinstance(groups, list):
        raise BadServiceCatalogue(f"{code}: priority_for must be a list")
    public_space = fields.get("public_space", False)
    if not isinstance(public_space, bool):
        raise BadServiceCatalogue(f"{code}: public_space must be true or false")
    hours = {name: _hours(code, name, fields[name]) for name in ("answer_hours", "finish_hours")}
    return ServiceItem(
        code,
        str(fields["zh"]),
        str(fields["en"]),
        **hours,
        priority_for=tuple(map(str, groups)),
        public_space=public_space,
    )


def _hours(code: str, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise BadServiceCatalogue(f"{code}: {name} must be a number above 0")
    return value


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a key that stands twice, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise BadServiceCatalogue(f"{', '.join(twice)} stands twice")
        return super().construct_mapping(node, deep)
