"""Reading indicator definitions from plain YAML values, checked whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from linli_evaluation.domain import predicates
from linli_evaluation.domain import reading as read
from linli_evaluation.domain.errors import BadDefinitions
from linli_evaluation.domain.indicators import (
    KINDS,
    LEVELS,
    SOURCES,
    Count,
    Definitions,
    Indicator,
    Sum,
)
from linli_evaluation.domain.scoring import Curve, Grade, Tier


def load(document: Any) -> Definitions:
    """Read and check the document of definitions: `indicators`, `grades` and `least_share`.

    Raises:
        BadDefinitions: says which entry and why.
    """
    if not isinstance(document, Mapping):
        raise BadDefinitions(
            "definitions", "the document is a mapping with `indicators` and `grades`"
        )
    read.only(document, {"indicators", "grades", "least_share"}, "definitions")
    entries, bands = read.entries(document, "indicators"), read.entries(document, "grades")
    indicators = tuple(
        _indicator(entry, f"indicators[{index}]") for index, entry in enumerate(entries)
    )
    grades = tuple(_grade(entry, f"grades[{index}]") for index, entry in enumerate(bands))
    for name, codes in (
        ("indicators", [one.code for one in indicators]),
        ("grades", [one.code for one in grades]),
    ):
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise BadDefinitions(name, f"{', '.join(twice)} defined twice")
    least_share = read.number(document, "least_share", "definitions", 0, 1, default=0.0)
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Definitions(
        indicators, grades, least_share, document, hashlib.sha256(canonical.encode()).hexdigest()
    )


_KEYS = {
    "code",
    "zh",
    "en",
    "source",
    "over",
    "kind",
    "time",
    "levels",
    "where",
    "numerator",
    "denominator",
    "value",
    "better",
    "weight",
    "target",
    "curve",
    "penalty",
    "minimum",
    "shrinkage",
}


def _indicator(entry: Any, where: str) -> Indicator:
    if not isinstance(entry, Mapping):
        raise BadDefinitions(where, "an indicator is a mapping")
    where = f"indicators.{entry['code']}" if isinstance(entry.get("code"), str) else where
    read.only(entry, _KEYS, where)
    kinds = SOURCES[read.one_of(entry, "over", tuple(SOURCES), where, default="facts")]
    better = read.one_of(entry, "better", ("higher", "lower"), where, default="higher")
    condition = (
        predicates.parse(entry["where"], kinds, f"{where}.where")
        if "where" in entry
        else predicates.ALWAYS
    )
    penalty_field, tiers, at_most = _penalty(entry.get("penalty"), kinds, f"{where}.penalty")
    curve = _curve(entry.get("curve"), better, f"{where}.curve")
    if curve is not None and tiers:
        raise BadDefinitions(where, "either a curve or a penalty, not both")
    return Indicator(
        code=read.text(entry, "code", where),
        zh=read.text(entry, "zh", where),
        en=read.text(entry, "en", where),
        source=read.text(entry, "source", where),
        **_measure(entry, kinds, where),
        over=entry.get("over", "facts"),
        time=_time(entry, kinds, where),
        levels=_levels(entry, where),
        where=condition,
        better=better,
        weight=read.number(entry, "weight", where, 0, 1000, default=0.0) if curve else 0.0,
        target=read.number(entry, "target", where, 0, 1e9) if "target" in entry else None,
        curve=curve,
        penalty_field=penalty_field,
        penalty=tiers,
        penalty_at_most=at_most,
        minimum=int(read.number(entry, "minimum", where, 1, 1e6, default=1)),
        shrinkage=read.number(entry, "shrinkage", where, 0, 1e6, default=0.0),
    )


def _measure(entry: Mapping[str, Any], kinds: Mapping[str, str], where: str) -> dict[str, Any]:
    kind = read.one_of(entry, "kind", KINDS, where)
    if kind == "ratio":
        if "numerator" not in entry or "value" in entry:
            raise BadDefinitions(where, "a ratio has a `numerator`, and no `value`")
        numerator = _counted(entry["numerator"], kinds, f"{where}.numerator")
        denominator = _counted(
            entry.get("denominator", {"count": "all"}), kinds, f"{where}.denominator"
        )
        return {"kind": kind, "numerator": numerator, "denominator": denominator, "value": None}
    if "numerator" in entry or "denominator" in entry:
        raise BadDefinitions(
            where, f"a {kind} has a `value`, and neither numerator nor denominator"
        )
    value = predicates.field_of(entry.get("value"), kinds, f"{where}.value", "number")
    return {
        "kind": kind,
        "numerator": None,
        "denominator": Count(predicates.ALWAYS),
        "value": value,
    }


def _counted(node: Any, kinds: Mapping[str, str], where: str) -> Count | Sum:
    if isinstance(node, Mapping) and set(node) == {"sum"}:
        return Sum(predicates.field_of(node["sum"], kinds, where, "number"))
    if node == {"count": "all"}:
        return Count(predicates.ALWAYS)
    return Count(predicates.parse(node, kinds, where))


def _time(entry: Mapping[str, Any], kinds: Mapping[str, str], where: str) -> str | None:
    if entry.get("over") == "grids":
        if "time" in entry:
            raise BadDefinitions(where, "grids are counted as they stand; there is no `time`")
        return None
    return predicates.field_of(entry.get("time"), kinds, f"{where}.time", "time")


def _levels(entry: Mapping[str, Any], where: str) -> tuple[str, ...]:
    default = LEVELS[:-1] if entry.get("over") == "grids" else LEVELS
    levels = entry.get("levels", list(default))
    if not isinstance(levels, list) or not levels or not set(levels) <= set(default):
        raise BadDefinitions(f"{where}.levels", f"a list out of {', '.join(default)}")
    return tuple(level for level in LEVELS if level in levels)


def _curve(node: Any, better: str, where: str) -> Curve | None:
    if node is None:
        return None
    if not isinstance(node, list) or not node or not all(_is_knot(knot) for knot in node):
        raise BadDefinitions(where, "a list of knots [value, points], with points from 0 to 100")
    values, points = [knot[0] for knot in node], [knot[1] for knot in node]
    if any(left >= right for left, right in pairwise(values)):
        raise BadDefinitions(where, "the values of the knots must rise")
    if points != sorted(points, reverse=better == "lower"):
        raise BadDefinitions(where, f"the points go against `better: {better}`")
    return tuple((float(value), float(earned)) for value, earned in node)


def _is_knot(knot: Any) -> bool:
    return (
        isinstance(knot, list)
        and len(knot) == 2
        and all(map(read.is_number, knot))
        and 0 <= knot[1] <= 100
    )


def _penalty(
    node: Any, kinds: Mapping[str, str], where: str
) -> tuple[str | None, tuple[Tier, ...], float]:
    if node is None:
        return None, (), 0.0
    if not isinstance(node, Mapping):
        raise BadDefinitions(where, "a mapping with `field`, `tiers` and `at_most`")
    read.only(node, {"field", "tiers", "at_most"}, where)
    tiers = []
    for index, tier in enumerate(read.entries(node, "tiers", where)):
        at = f"{where}.tiers[{index}]"
        if not isinstance(tier, Mapping):
            raise BadDefinitions(at, "a tier is {from: 1, points: 0.2}")
        read.only(tier, {"from", "points"}, at)
        tiers.append(
            Tier(
                int(read.number(tier, "from", at, 1, 1000)), read.number(tier, "points", at, 0, 100)
            )
        )
    starts = [tier.first for tier in tiers]
    if starts != sorted(set(starts)):
        raise BadDefinitions(where, "the tiers must rise")
    at_most = read.number(node, "at_most", where, 0, 100, default=100.0)
    return predicates.field_of(node.get("field"), kinds, where, "number"), tuple(tiers), at_most


def _grade(entry: Any, where: str) -> Grade:
    if not isinstance(entry, Mapping):
        raise BadDefinitions(where, "a grade is a mapping")
    read.only(entry, {"code", "at_least", "zh", "en"}, where)
    texts = {name: read.text(entry, name, where) for name in ("code", "zh", "en")}
    return Grade(at_least=read.number(entry, "at_least", where, 0, 100), **texts)
