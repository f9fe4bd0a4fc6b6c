"""Clients that keep a district of containers busy. It tests nothing."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import requests
from linli_client.http import Caller
from linli_devkit.processes import eventually

from .deployment import ContainerPlatform

WORDS = "三楼的老人行动不便，需要送餐"
PHONE = "13912345678"


def requests_of(platform: ContainerPlatform) -> list[dict[str, Any]]:
    """A request from the middle of each of many grids."""
    grids = platform.get("grid", "/grids", limit=100)["items"]
    places = [
        middle(platform.get("grid", f"/grids/{grid['grid_code']}")["geometry"])
        for grid in grids[::4]
    ]
    return [
        {
            "category": "elder_care.meal_delivery",
            "description": WORDS,
            "channel": "hotline",
            "consent": True,
            "contact": {"name": "王秀英", "phone": PHONE},
            "longitude": longitude,
            "latitude": latitude,
        }
        for longitude, latitude in places
    ]


def middle(geometry: dict[str, Any]) -> tuple[float, float]:
    """The mean of a polygon's corners."""
    ring = (
        geometry["coordinates"][0]
        if geometry["type"] == "Polygon"
        else geometry["coordinates"][0][0]
    )
    longitudes, latitudes = zip(*ring[:-1], strict=True)
    return sum(longitudes) / len(longitudes), sum(latitudes) / len(latitudes)


@dataclass
class Load:
    """Clients that post without end, each request with its key until it is registered."""

    platform: ContainerPlatform
    wishes: list[dict[str, Any]]
    acknowledged: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self, residents: int = 4) -> Iterator[Load]:
        with ThreadPoolExecutor(residents) as pool:
            asking = [pool.submit(self._ask_on) for _ in range(residents)]
            try:
                yield self
            finally:
                self._stopping.set()
            for one in asking:
                one.result()

    def goes_on(self, count: int = 10) -> None:
        """Wait until so many more were acknowledged."""
        before = len(self.acknowledged)
        eventually(lambda: len(self.acknowledged) >= before + count, seconds=60)

    def _ask_on(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self._stopping.is_set():
                token = self.platform.token(a_resident())
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
                self._ask(session, headers)

    def _ask(self, session: requests.Session, headers: dict[str, str]) -> None:
        request = random.choice(self.wishes)
        for attempt in itertools.count():
            try:
                url = self.platform.url("grid", "/requests")
                answer = session.post(url, json=request, headers=headers, timeout=30)
                outcome = str(answer.status_code)
            except requests.RequestException as error:
                outcome = type(error).__name__
            if outcome == "201":
                self.acknowledged.append(answer.json()["request_id"])
                return
            self.refused[outcome] = self.refused.get(outcome, 0) + 1
            assert attempt < 200, self.refused
            time.sleep(0.2)  # as a client does that gets Retry-After


def a_resident() -> Caller:
    """Another one each time: one account may register a few requests in an hour."""
    return Caller("resident", account=f"resident-{uuid4()}")
