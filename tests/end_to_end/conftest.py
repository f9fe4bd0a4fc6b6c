"""One resident's request on its whole way through the eight processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from linli_devkit.people import Asked, People
from linli_devkit.running_platform import RunningPlatform

PHONE = "13987654321"
NAME = "欧阳示例"
WORD = "槐荫里七号"


@dataclass(frozen=True)
class Story:
    """A rated request: what the resident sent and received, and its fact in evaluation."""

    sent: dict[str, Any]
    asked: Asked
    fact: dict[str, Any]
    case: dict[str, Any]


@pytest.fixture(scope="session")
def people(dongcheng: RunningPlatform) -> People:
    return People(dongcheng)


@pytest.fixture(scope="session")
def request_body() -> dict[str, Any]:
    """What a resident sends, with a place in the sample district."""
    return {
        "category": "elder_care.meal_delivery",
        "description": f"我母亲八十六岁，住在{WORD}，想申请中午的助餐送餐。请打{PHONE}。",
        "longitude": 116.417979,
        "latitude": 39.940146,
        "channel": "wechat",
        "contact": {"name": NAME, "phone": PHONE},
        "consent": True,
        "groups": ["older"],
    }


@pytest.fixture(scope="session")
def story(people: People, request_body: dict[str, Any]) -> Story:
    """A request from registration to rating, by resident, worker, provider and reviewer."""
    asked = people.ask(request_body, **{"Idempotency-Key": "the-story"})
    people.verify(asked)
    case = people.work(asked)
    people.rate(asked)
    return Story(request_body, asked, people.fact(asked), case)
