"""What is stored, hashed and compared to the byte: another release must give the same bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from linli_evaluation.indicators.domain.parsing import parse_definitions
from linli_evaluation.scorecards.domain.cards import (
    Measure,
    Scorecard,
    SubjectCounts,
    score_level,
)
from linli_evaluation.sources.requests.domain import FactEvent
from linli_evaluation.sources.requests.domain.folding import digest

DOCUMENT: dict[str, Any] = {
    "grades": [{"code": "good", "at_least": 0, "zh": "良好", "en": "Good"}],
    "indicators": [
        {
            "code": "on_time",
            "zh": "按期",
            "en": "On time",
            "source": "ours",
            "kind": "ratio",
            "time": "due_at",
            "numerator": {"field": "closed_at", "lte": {"field": "due_at"}},
            "curve": [[0, 0], [1, 100]],
            "weight": 1,
            "minimum": 2,
            "shrinkage": 5,
        },
        {
            "code": "rework",
            "zh": "返工",
            "en": "Rework",
            "source": "ours",
            "kind": "ratio",
            "time": "due_at",
            "numerator": {"sum": "reworks"},
            "denominator": {"sum": "checks"},
            "better": "lower",
            "penalty": {"field": "reworks", "tiers": [{"from": 1, "points": 0.2}]},
        },
    ],
}

CARDS = (
    '{"subject": "110101001", "score": 74.8, "rank": 1, "level": "good", "cases": 4, "indicators": '
    '[{"code": "on_time", "value": 1.0, "numerator": 3, "denominator": 3, "shrunk": 0.75, '
    '"points": 75.0}, {"code": "rework", "value": 0.25, "numerator": 1, "denominator": 4, '
    '"shrunk": 0.25, "points": -0.2}]}',
    '{"subject": "110101002", "score": null, "rank": null, "level": null, "cases": 1, '
    '"indicators": [{"code": "on_time", "value": null, "numerator": 0, "denominator": 1, '
    '"shrunk": null, "points": null}, {"code": "rework", "value": null, "numerator": null, '
    '"denominator": 0, "shrunk": null, "points": null}]}',
)


def test_definitions_keep_their_hash() -> None:
    assert (
        parse_definitions(DOCUMENT).hash
        == "8451d29bbb6461c49e09dead84c9b66f6c0901a1d6ee75ccf8efb5bee68d97cf"
    )


def test_a_fact_keeps_its_digest() -> None:
    events = [
        FactEvent(
            event_id=UUID(int=number),
            type="linli.grid.request_linked.v1",
            subject="s",
            sequence=number,
            time=datetime(2026, 11, 2, 1, number, tzinfo=UTC),
            data={"request_id": "r", "places": ["街道", 1.5, None]},
        )
        for number in (2, 1)
    ]
    assert digest(events) == "75b7c975fa66a719eca16cc2a5d9f2e6a7a6ba2642bcd6f5286ac3f1a5feb582"


def test_scorecards_are_stored_in_the_same_form_and_read_back() -> None:
    subdistricts = {
        "110101001": _counts(4, on_time=Measure(3, 3), rework=Measure(4, 1, penalty=0.2)),
        "110101002": _counts(1, on_time=Measure(1, 0)),
    }
    district = _counts(5, on_time=Measure(5, 3), rework=Measure(7, 3, penalty=0.6))
    cards = score_level(
        parse_definitions(DOCUMENT),
        {"district": {"110101": district}, "subdistrict": subdistricts},
        "subdistrict",
        "110101",
    )
    assert tuple(json.dumps(card.values) for card in cards) == CARDS
    assert [Scorecard.of(json.loads(text)) for text in CARDS] == cards


def _counts(cases: int, **measures: Measure) -> SubjectCounts:
    return SubjectCounts(cases, measures)
