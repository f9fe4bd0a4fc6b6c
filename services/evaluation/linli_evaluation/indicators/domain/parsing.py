"""Definitions out of plain YAML values, checked whole."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise

from linli_evaluation.errors import BadDefinitions
from linli_evaluation.indicators.domain import checks
from linli_evaluation.indicators.domain.checks import Entry
from linli_evaluation.indicators.domain.definitions import (
    KINDS,
    Better,
    Count,
    Curve,
    Definitions,
    Grade,
    Indicator,
    Kind,
    Penalty,
    Sum,
    Tier,
)
from linli_evaluation.indicators.domain.predicates import (
    ALWAYS,
    FieldKinds,
    field_of,
    parse_condition,
)
from linli_evaluation.sources import LEVELS, SOURCES, Source, SubjectLevel


def parse_definitions(document: object) -> Definitions:
    """Read and check the document of definitions: `indicators`, `grades` and `least_share`.

    Raises:
        BadDefinitions: says which entry and why.
    """
    if not checks.is_entry(document):
        raise BadDefinitions(
            "definitions", "the document is a mapping with `indicators` and `grades`"
        )
    checks.refuse_unknown(document, ("indicators", "grades", "least_share"), "definitions")
    entries, bands = checks.entries(document, "indicators"), checks.entries(document, "grades")
    indicators = tuple(
        _indicator(entry, f"indicators[{index}]") for index, entry in enumerate(entries)
    )
    grades = tuple(_grade(entry, f"grades[{index}]") for index, entry in enumerate(bands))
    _refuse_twice("indicators", [indicator.code for indicator in indicators])
    _refuse_twice("grades", [grade.code for grade in grades])
    least_share = checks.number(document, "least_share", "definitions", 0, 1, default=0.0)
    return Definitions(indicators, grades, least_share, document, _hash_of(document))


def _hash_of(document: Entry) -> str:
    # Closed periods are read by it: other bytes would make other definitions of all of them.
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _refuse_twice(where: str, codes: list[str]) -> None:
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise BadDefinitions(where, f"{', '.join(twice)} defined twice")


def _indicator(entry: object, where: str) -> Indicator:
    if not checks.is_entry(entry):
        raise BadDefinitions(where, "an indicator is a mapping")
    where = f"indicators.{entry['code']}" if isinstance(entry.get("code"), str) else where
    keys = [field.name for field in dataclasses.fields(Indicator)]
    checks.refuse_unknown(entry, keys, where)
    source = SOURCES[checks.one_of(entry, "over", SOURCES, where, default="facts")]
    choices: tuple[Better, ...] = ("higher", "lower")
    better = checks.one_of(entry, "better", choices, where, default="higher")
    condition = (
        parse_condition(entry["where"], source.fields, f"{where}.where")
        if "where" in entry
        else ALWAYS
    )
    penalty = _penalty(entry.get("penalty"), source.fields, f"{where}.penalty")
    curve = _curve(entry.get("curve"), better, f"{where}.curve")
    if curve is not None and penalty is not None:
        raise BadDefinitions(where, "either a curve or a penalty, not both")
    texts = {name: checks.text(entry, name, where) for name in ("code", "zh", "en", "source")}
    kind = checks.one_of(entry, "kind", KINDS, where)
    is_ratio = kind == "ratio"
    return Indicator(
        **texts,
        kind=kind,
        numerator=_numerator(entry, kind, source.fields, where),
        denominator=_denominator(entry, source.fields, where) if is_ratio else Count(ALWAYS),
        value=None if is_ratio else _value(entry, kind, source.fields, where),
        over=source.name,
        time=_time(entry, source, where),
        levels=_levels(entry, source, where),
        where=condition,
        better=better,
        weight=checks.number(entry, "weight", where, 0, 1000, default=0.0) if curve else 0.0,
        target=checks.number(entry, "target", where, 0, 1e9) if "target" in entry else None,
        curve=curve,
        penalty=penalty,
        minimum=int(checks.number(entry, "minimum", where, 1, 1e6, default=1)),
        shrinkage=checks.number(entry, "shrinkage", where, 0, 1e6, default=0.0),
    )


def _numerator(entry: Entry, kind: Kind, fields: FieldKinds, where: str) -> Count | Sum | None:
    if kind != "ratio":
        return None
    if "numerator" not in entry or "value" in entry:
        raise BadDefinitions(where, "a ratio has a `numerator`, and no `value`")
    return _counted(entry["numerator"], fields, f"{where}.numerator")


def _denominator(entry: Entry, fields: FieldKinds, where: str) -> Count | Sum:
    node = entry.get("denominator", {"count": "all"})
    return _counted(node, fields, f"{where}.denominator")


def _value(entry: Entry, kind: Kind, fields: FieldKinds, where: str) -> str:
    if "numerator" in entry or "denominator" in entry:
        raise BadDefinitions(
            where, f"a {kind} has a `value`, and neither numerator nor denominator"
        )
    return field_of(entry.get("value"), fields, f"{where}.value", "number")


def _counted(node: object, fields: FieldKinds, where: str) -> Count | Sum:
    if isinstance(node, Mapping) and set(node) == {"sum"}:
        return Sum(field_of(node["sum"], fields, where, "number"))
    if node == {"count": "all"}:
        return Count(ALWAYS)
    return Count(parse_condition(node, fields, where))


def _time(entry: Entry, source: Source, where: str) -> str | None:
    if source.timed:
        return field_of(entry.get("time"), source.fields, f"{where}.time", "time")
    if "time" in entry:
        raise BadDefinitions(where, f"{source.name} are counted as they stand; there is no `time`")
    return None


def _levels(entry: Entry, source: Source, where: str) -> tuple[SubjectLevel, ...]:
    levels = entry.get("levels", list(source.levels))
    if not isinstance(levels, list) or not levels or not set(levels) <= set(source.levels):
        raise BadDefinitions(f"{where}.levels", f"a list out of {', '.join(source.levels)}")
    return tuple(level for level in LEVELS if level in levels)


def _curve(node: object, better: Better, where: str) -> Curve | None:
    if node is None:
        return None
    knots = [_knot(each, where) for each in node] if isinstance(node, list) else []
    if not knots:
        raise BadDefinitions(where, _NO_KNOTS)
    values, points = [value for value, _ in knots], [earned for _, earned in knots]
    if any(left >= right for left, right in pairwise(values)):
        raise BadDefinitions(where, "the values of the knots must rise")
    if points != sorted(points, reverse=better == "lower"):
        raise BadDefinitions(where, f"the points go against `better: {better}`")
    return tuple(knots)


_NO_KNOTS = "a list of knots [value, points], with points from 0 to 100"


def _knot(node: object, where: str) -> tuple[float, float]:
    if isinstance(node, list) and len(node) == 2:
        value, points = node
        if checks.is_number(value) and checks.is_number(points) and 0 <= points <= 100:
            return float(value), float(points)
    raise BadDefinitions(where, _NO_KNOTS)


def _penalty(node: object, fields: FieldKinds, where: str) -> Penalty | None:
    if node is None:
        return None
    if not checks.is_entry(node):
        raise BadDefinitions(where, "a mapping with `field`, `tiers` and `at_most`")
    checks.refuse_unknown(node, ("field", "tiers", "at_most"), where)
    tiers = tuple(
        _tier(tier, f"{where}.tiers[{index}]")
        for index, tier in enumerate(checks.entries(node, "tiers", where))
    )
    starts = [tier.first for tier in tiers]
    if starts != sorted(set(starts)):
        raise BadDefinitions(where, "the tiers must rise")
    at_most = checks.number(node, "at_most", where, 0, 100, default=100.0)
    return Penalty(field_of(node.get("field"), fields, where, "number"), tiers, at_most)


def _tier(node: object, where: str) -> Tier:
    if not checks.is_entry(node):
        raise BadDefinitions(where, "a tier is {from: 1, points: 0.2}")
    checks.refuse_unknown(node, ("from", "points"), where)
    first = int(checks.number(node, "from", where, 1, 1000))
    return Tier(first, checks.number(node, "points", where, 0, 100))


def _grade(node: object, where: str) -> Grade:
    if not checks.is_entry(node):
        raise BadDefinitions(where, "a grade is a mapping")
    checks.refuse_unknown(node, ("code", "at_least", "zh", "en"), where)
    texts = {name: checks.text(node, name, where) for name in ("code", "zh", "en")}
    return Grade(at_least=checks.number(node, "at_least", where, 0, 100), **texts)
