"""Residents, grid workers, providers and reviewers in a test: each act is one HTTP call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from linli_client import Caller

from linli_devkit.processes import eventually
from linli_devkit.running_platform import RunningPlatform

RESIDENT = Caller("resident", account="a-resident")
REVIEWER = Caller("reviewer", account=str(uuid5(NAMESPACE_URL, "linli:testing:reviewer")))
WORKER = str(uuid5(NAMESPACE_URL, "linli:testing:worker"))
MATCH_SECONDS = 60.0


@dataclass(frozen=True)
class Asked:
    """A request that was registered, and the response that the resident got."""

    request_id: str
    tracking_code: str
    grid_code: str
    answer: dict[str, Any]


@dataclass(frozen=True)
class People:
    """Everyone who works with one platform."""

    platform: RunningPlatform

    def ask(self, request: dict[str, Any], **headers: str) -> Asked:
        """A resident asks."""
        response = self.platform.ask(
            "POST", "grid", "/requests", request, caller=RESIDENT, headers=headers
        )
        if response.status_code != 201:
            raise AssertionError(f"{response.status_code} {response.text}")
        body = response.json()
        return Asked(body["request_id"], body["tracking_code"], body["grid_code"], body)

    def verify(self, asked: Asked) -> None:
        """The grid's worker has been there."""
        worker = Caller("grid_worker", region=asked.grid_code[:12], account=WORKER)
        self.platform.post("grid", f"/requests/{asked.request_id}/verify", {}, caller=worker)

    def case(self, asked: Asked, state: str) -> dict[str, Any]:
        """The case of a request, once it is in this state."""

        def in_state() -> dict[str, Any] | None:
            page = self.platform.get(
                "service_desk", "/cases", request_id=asked.request_id, state=state
            )
            return next(iter(page["items"]), None)

        case = eventually(in_state, seconds=MATCH_SECONDS, every=0.1)
        assert case is not None  # eventually fails otherwise
        return case

    def work(self, asked: Asked) -> dict[str, Any]:
        """The provider accepts and resolves it, the reviewer passes it; the case as it is then."""
        case = self.case(asked, "dispatched")
        provider = Caller("provider", unit=str(case["unit_id"]), account="a-provider")
        self.act(case, "accept", {}, provider)
        self.act(
            case,
            "resolve",
            {"note": "已办结", "evidence": ["https://example.org/photo.jpg"]},
            provider,
        )
        return self.act(case, "check", {"passed": True, "note": None}, REVIEWER)

    def act(
        self, case: dict[str, Any], action: str, body: dict[str, Any], caller: Caller
    ) -> dict[str, Any]:
        """One step of a case; the case after it."""
        changed: dict[str, Any] = self.platform.post(
            "service_desk", f"/cases/{case['case_id']}/{action}", body, caller=caller
        )
        return changed

    def rate(self, asked: Asked, satisfaction: int = 5) -> None:
        """The resident says, without an account, that it is solved."""
        feedback = {
            "tracking_code": asked.tracking_code,
            "answered": True,
            "solved": True,
            "satisfaction": satisfaction,
        }
        self.platform.post("service_desk", "/feedback", feedback, caller=None)

    def walk(self, request: dict[str, Any]) -> Asked:
        """A request on its whole way: asked, verified, worked on, rated."""
        asked = self.ask(request)
        self.verify(asked)
        self.work(asked)
        self.rate(asked)
        return asked

    def fact(self, asked: Asked, field: str = "rated_at") -> dict[str, Any]:
        """What evaluation knows of a request, once this field of it is known."""

        def known() -> dict[str, Any] | None:
            response = self.platform.ask("GET", "evaluation", f"/facts/{asked.request_id}")
            return response.json() if response.ok and response.json()[field] is not None else None

        fact = eventually(known, seconds=MATCH_SECONDS, every=0.1)
        assert fact is not None
        return fact
