"""A load of residents' requests over HTTP, and a ledger of the responses of each client."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep, time
from typing import Any
from uuid import uuid4

import requests
from linli_client.http import Caller
from linli_devkit.processes import eventually
from linli_devkit.running_platform import RunningPlatform

RESIDENT = Caller("resident", account="a-resident")
DISPATCHER = Caller("dispatcher", account="a-dispatcher")
ACTIONS: dict[str, tuple[str, dict[str, Any], str]] = {
    "verify": ("verify", {}, "verified"),
    "reject": ("reject", {"reason": "false_report"}, "rejected"),
    "settle": ("resolve-on-spot", {"note": "done"}, "resolved_on_spot"),
    "leave": ("", {}, "registered"),
}
WEIGHTS = {"verify": 7, "reject": 1, "settle": 1, "leave": 1}
CATEGORIES = ("elder_care.meal_delivery", "environment.graffiti", "healthcare.rehabilitation")
WEST, EAST, SOUTH, NORTH = (
    116.4165,
    116.4255,
    39.9395,
    39.9465,
)  # well within the grids of the sample district

CLIENTS = 3
PAUSE_SECONDS = 0.1
RETRY_SECONDS = 0.2
TIMEOUT_SECONDS = 30.0
PATIENCE_SECONDS = 150.0


@dataclass
class Entry:
    """One request of the load; its acknowledged status, None without a response."""

    key: str
    action: str
    body: dict[str, Any]
    request_id: str | None = None
    registered_at: float = 0.0
    acted: bool = False
    acted_at: float = 0.0
    """When each was acknowledged, by the clock of this machine; of meaning once it was."""

    @property
    def status(self) -> str:
        """What the request must be found as; meaningful once it is acknowledged."""
        return ACTIONS[self.action][2] if self.acted else "registered"

    @property
    def settled(self) -> bool:
        """Whether everything the client wanted was acknowledged."""
        return self.acted or (self.request_id is not None and self.action == "leave")


@dataclass
class Load:
    """Clients that go on posting until stopped, each request with a key, tried again with that
    key until acknowledged.

    Args:
        urls: of the replicas of the grid service; a client turns to the next one after a failure.
    """

    platform: RunningPlatform
    seed: int
    urls: Sequence[str] = ()
    entries: list[Entry] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)
    """Responses that no fault excuses: 503 without Retry-After, other 5xx, a refusal."""
    slowest_seconds: float = 0.0
    """How long a client waited for a response at most, or until it gave up."""
    patience_seconds: float = PATIENCE_SECONDS
    _stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[Load]:
        """Post in the background; on leaving, what was begun is brought to its end."""
        threads = [
            threading.Thread(target=self._post_until_stopped, args=(number,))
            for number in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        except BaseException:
            self.patience_seconds = 0
            raise
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()

    @property
    def settled(self) -> int:
        return sum(entry.settled for entry in self.entries)

    def await_more(self, count: int, seconds: float = 90) -> None:
        """Wait until `count` more requests were carried out to their end."""
        enough = self.settled + count

        def more_settled() -> bool:
            return self.settled >= enough

        eventually(more_settled, seconds=seconds, every=0.05)

    def await_failures(self, count: int, seconds: float = 60) -> None:
        """Wait until clients were turned away `count` more times."""
        enough = self.failures.total() + count

        def more_failures() -> bool:
            return self.failures.total() >= enough

        eventually(more_failures, seconds=seconds, every=0.05)

    def _post_until_stopped(self, number: int) -> None:
        chance = random.Random(f"{self.seed}/{number}")
        client = _Client(self, number)
        while not self._stopping.is_set():
            entry = _entry(chance)
            self.entries.append(entry)
            client.carry_out(entry)
            sleep(PAUSE_SECONDS)  # the pace of the load, not a wait for anything


class _Client:
    def __init__(self, load: Load, number: int) -> None:
        self._load = load
        self._session = requests.Session()
        self._session.trust_env = False
        self._turn = number
        self._urls = load.urls or [load.platform.url("grid", "")]
        self._tokens = {
            caller: load.platform.token(caller, hours=12) for caller in (RESIDENT, DISPATCHER)
        }

    def carry_out(self, entry: Entry) -> None:
        registered = self._insist("/requests", entry.body, RESIDENT, entry.key)
        if registered is None:
            return
        entry.request_id, entry.registered_at = registered["request_id"], time()
        path, body, _ = ACTIONS[entry.action]
        if path:
            action_path = f"/requests/{entry.request_id}/{path}"
            entry.acted = (
                self._insist(action_path, body, DISPATCHER, f"{entry.key}-{path}") is not None
            )
            entry.acted_at = time() if entry.acted else 0.0

    def _insist(self, path: str, body: dict[str, Any], caller: Caller, key: str) -> Any:
        """Post until it is acknowledged; None when patience ends first."""
        headers = {"Authorization": f"Bearer {self._tokens[caller]}", "Idempotency-Key": key}
        first = monotonic()
        while (began := monotonic()) < first + self._load.patience_seconds:
            answer = self._post(path, body, headers)
            self._load.slowest_seconds = max(self._load.slowest_seconds, monotonic() - began)
            if answer is not None and answer.ok:
                return answer.json()
            if answer is not None:
                self._judge(answer)
            self._turn += 1
            sleep(RETRY_SECONDS)
        return None

    def _post(
        self, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> requests.Response | None:
        url = self._urls[self._turn % len(self._urls)] + path
        try:
            return self._session.post(url, json=body, headers=headers, timeout=TIMEOUT_SECONDS)
        except requests.RequestException as error:
            self._load.failures[type(error).__name__] += 1
            return None

    def _judge(self, answer: requests.Response) -> None:
        self._load.failures[str(answer.status_code)] += 1
        stopping = answer.status_code == 503 and "stopping" in answer.text
        if not stopping and (answer.status_code != 503 or "Retry-After" not in answer.headers):
            self._load.unexplained.append(f"{answer.status_code} {answer.text[:300]}")


def _entry(chance: random.Random) -> Entry:
    body = {
        "category": chance.choice(CATEGORIES),
        "description": "楼道里的灯坏了。",
        "longitude": round(chance.uniform(WEST, EAST), 6),
        "latitude": round(chance.uniform(SOUTH, NORTH), 6),
        "channel": "web",
    }
    [action] = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
    return Entry(uuid4().hex, action, body)
