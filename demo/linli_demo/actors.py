"""What residents, grid workers, providers and reviewers do: each act is one HTTP call."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from linli_client import PUBLIC, Caller, Client

from linli_demo.plan import Plan

DISPATCHER: Final = Caller("dispatcher", account=str(uuid5(NAMESPACE_URL, "linli:demo:dispatcher")))
REVIEWER: Final = Caller("reviewer", account=str(uuid5(NAMESPACE_URL, "linli:demo:reviewer")))


@dataclass
class Play:
    """A plan in motion: what is known of its request by now."""

    plan: Plan
    request_id: str = ""
    tracking_code: str = ""
    grid_code: str | None = None
    turned_down: bool = False
    reworked: bool = False
    rated: bool = False
    acts: list[str] = field(default_factory=list)


class Actors:
    """Everyone in the sample district. `workers_file` says who works in which grid."""

    def __init__(self, client: Client, workers_file: Path) -> None:
        self.client = client
        with workers_file.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        # A grid without its full-time worker is served by its deputy.
        by_duty = sorted(rows, key=lambda row: row["duty"] == "full_time")
        self.workers = {row["grid_code"]: row["worker_id"] for row in by_duty}
        self._units: list[str] = []

    def register(self, play: Play) -> None:
        """The resident asks, or a grid worker takes it down."""
        resident = Caller("resident", account=f"demo-resident-{play.plan.key}")
        caller = self._worker(None) if play.plan.by_worker else resident
        registered = self.client.post(
            "grid", "/requests", play.plan.request, caller=caller, key=f"demo-{play.plan.key}"
        )
        play.request_id, play.tracking_code = registered["request_id"], registered["tracking_code"]
        play.grid_code = registered["grid_code"]

    def receive(self, play: Play, originals: dict[str, Play]) -> None:
        """The grid's worker goes and looks: verifies, rejects, resolves on the spot, or links."""
        plan = play.plan
        bodies: dict[str, tuple[str, dict[str, Any]]] = {
            "verify": ("verify", {}),
            "reject": ("reject", {"reason": plan.reason}),
            "resolve_on_spot": ("resolve-on-spot", {"note": "当场解决（示例）"}),
        }
        if plan.on_arrival == "link":
            path, body = "link", {"original_request_id": originals[plan.original].request_id}
        else:
            path, body = bodies[plan.on_arrival]
        caller = self._worker(play.grid_code) if play.grid_code else DISPATCHER
        self.client.post(
            "grid",
            f"/requests/{play.request_id}/{path}",
            body,
            caller=caller,
            key=f"demo-{path}-{plan.key}",
        )
        play.acts.append(plan.on_arrival)

    def cases(self, **params: Any) -> list[dict[str, Any]]:
        """Cases of the district as the dispatcher sees them."""
        return list(self.client.pages("service_desk", "/cases", caller=DISPATCHER, **params))

    def act(self, play: Play, case: dict[str, Any]) -> str | None:
        """Do what is next for this case under its plan; the name of the act, None for nothing."""
        acts: dict[str, Callable[[Play, dict[str, Any]], str | None]] = {
            "dispatched": self._reply,
            "handling": self._resolve,
            "resolved": self._check,
            "closed": self._rate,
        }
        act = acts.get(case["state"])
        done = act(play, case) if act else None
        if done:
            play.acts.append(done)
        return done

    def _reply(self, play: Play, case: dict[str, Any]) -> str:
        if play.plan.provider == "accept" or play.turned_down:
            return self._post(case, "accept", {}, _provider(case))
        play.turned_down = True
        if play.plan.provider == "decline_once":
            return self._post(case, "decline", {"reason": "no_capacity"}, _provider(case))
        owner = next(unit for unit in self._all_units() if unit != case["unit_id"])
        return self._post(case, "return", {"owner_unit_id": owner}, _provider(case))

    def _resolve(self, play: Play, case: dict[str, Any]) -> str:  # noqa: ARG002  # one signature for all acts
        body = {
            "note": "已办结（示例）",
            "evidence": [f"https://example.org/evidence/{case['case_id']}.jpg"],
        }
        return self._post(case, "resolve", body, _provider(case))

    def _check(self, play: Play, case: dict[str, Any]) -> str:
        if play.plan.check == "rework_once" and not play.reworked:
            play.reworked = True
            return self._post(
                case, "check", {"passed": False, "note": "现场与反馈不符（示例）"}, REVIEWER
            )
        return self._post(case, "check", {"passed": True, "note": "现场核实（示例）"}, REVIEWER)

    def _rate(self, play: Play, case: dict[str, Any]) -> str | None:  # noqa: ARG002
        rating = play.plan.rating
        if rating is None or play.rated:
            return None
        play.rated = True
        feedback = {"tracking_code": play.tracking_code, **asdict(rating)}
        self.client.post("service_desk", "/feedback", feedback, caller=PUBLIC)
        return "rate"

    def _post(self, case: dict[str, Any], action: str, body: dict[str, Any], caller: Caller) -> str:
        self.client.post("service_desk", f"/cases/{case['case_id']}/{action}", body, caller=caller)
        return action

    def _all_units(self) -> list[str]:
        if not self._units:
            self._units = [unit["unit_id"] for unit in self.client.pages("organization", "/units")]
        return self._units

    def _worker(self, grid_code: str | None) -> Caller:
        account = self.workers.get(grid_code or "") or next(iter(self.workers.values()))
        return Caller("grid_worker", region=grid_code and grid_code[:12], account=account)


def _provider(case: dict[str, Any]) -> Caller:
    return Caller("provider", unit=str(case["unit_id"]), account=f"demo-provider-{case['unit_id']}")
