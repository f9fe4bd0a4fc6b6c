"""GeoJSON files of grids and of communities' boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linli.base.errors import UsageFailure
from linli.base.files import load_json
from linli.base.i18n import t
from linli.imports.mapping import Templates, load_templates
from linli.imports.rows import Refusal, Row, Source, Stream

GRID_FIELDS = ("grid_code", "name", "households")
BOUNDARY_FIELDS = ("community_code",)


def open_grids(path: Path, mapping: Path | None, from_line: int) -> Source:
    """Features with the properties grid_code, name and households, after any mapping."""
    return _open(
        path, load_templates(mapping, GRID_FIELDS, optional=("households",)), GRID_FIELDS, from_line
    )


def open_boundaries(path: Path, mapping: Path | None, from_line: int) -> Source:
    """Features with the property community_code: the outline that its grids should fill."""
    return _open(path, load_templates(mapping, BOUNDARY_FIELDS), BOUNDARY_FIELDS, from_line)


def _open(path: Path, templates: Templates, fields: Sequence[str], from_line: int) -> Source:
    features = load_features(path)
    size = path.stat().st_size
    return Source(size, _rows(features, templates, fields, from_line, size))


def load_features(path: Path) -> list[Any]:
    """The features of a GeoJSON FeatureCollection. Raises `UsageFailure`."""
    document = load_json(path, t("The file may be cut off: export it once more."))
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise UsageFailure(
            t("{path} is no GeoJSON FeatureCollection.", path=str(path)),
            t('It must be an object with "type": "FeatureCollection" and a list of "features".'),
        )
    return features


def _rows(
    features: list[Any], templates: Templates, fields: Sequence[str], from_line: int, size: int
) -> Stream:
    for number, feature in enumerate(features, 1):
        if number >= from_line:
            yield _row(number, feature, templates, fields, size * number // len(features))


def _row(
    number: int, feature: Any, templates: Templates, fields: Sequence[str], position: int
) -> Row | Refusal:
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        return Refusal(number, "geometry", t("is no feature with a geometry"))
    properties = feature.get("properties") or {}
    item: dict[str, Any] = {}
    for field in fields:
        try:
            item[field] = templates.render(field, properties)
        except KeyError as error:
            if field != "households":
                return Refusal(
                    number, field, t("the feature has no property {name}", name=str(error))
                )
            item[field] = None
        except (ValueError, TypeError, AttributeError) as error:
            return Refusal(number, field, str(error))
    try:
        households = item.get("households")
        item.update({"households": int(households)} if households else {})
    except ValueError:
        return Refusal(number, "households", t("{text} is no whole number", text=repr(households)))
    return Row(number, {**item, "geometry": feature["geometry"]}, position)
