"""Each service with one thing of each kind in it, and for each route a call that succeeds on it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from linli_contracts.events.grid.requests import RequestRegistered, RequestVerified
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.events.organization.regions import RegionRegistered
from linli_contracts.events.organization.resources import ResourceOffered
from linli_contracts.events.organization.units import UnitRegistered
from linli_contracts.events.service_desk.cases import CaseClosed, CaseOpened, CaseResolved
from linli_contracts.events.service_desk.matching import CaseDispatched
from linli_contracts.manifest import find_service
from linli_devkit.client import DISTRICT, Answer, ServiceUnderTest
from linli_devkit.contracts.examples import example_event
from linli_kernel.tracking import digest_of

SUBDISTRICT, COMMUNITY, GRID = "110101001", "110101001001", "110101001001001"
NEXT_GRID = "110101001001002"
SIBLING = "110101002"
UNIT, OTHER_UNIT = UUID(int=0xA1), UUID(int=0xA2)
RESOURCE, WORKER = UUID(int=0xB1), UUID(int=0xC1)
TRACKING_CODE = "2345-6789-ABCD-4"
VISIT = "elder_care.home_visit"
PDF = b"%PDF-1.7\n%%EOF\n"
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)

Make = Callable[[Any], ServiceUnderTest]


@dataclass(frozen=True)
class Call:
    """A call that succeeds for whoever reaches `region`, and `unit` as its provider.

    `content` is sent in the place of a JSON body. `shows` is a text that stands in a list for
    whoever reaches it; the list itself is for all.
    """

    path: str
    body: Any = None
    content: bytes | None = None
    region: str | None = DISTRICT
    unit: UUID | None = None
    shows: str | None = None


@dataclass(frozen=True)
class World:
    """A service, its calls by route, and what a generator of requests should know of it."""

    service: ServiceUnderTest
    calls: dict[str, Call]
    known: dict[str, list[Any]] = field(default_factory=dict)


def world_of(name: str, make: Make) -> World:
    """The world of a service. A service that has none yet needs an entry here."""
    return WORLDS[name](make(find_service(name).load_service()))


def square(west: float, south: float = 39.9, side: float = 0.004) -> dict[str, Any]:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def done(answer: Answer) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json


def region(code: str) -> Any:
    level = {6: "district", 9: "subdistrict", 12: "community"}[len(code)]
    parent = code[:-3] if len(code) > 6 else None
    return example_event(
        RegionRegistered, region_code=code, name="区划", level=level, parent_code=parent
    )


def organization(service: ServiceUnderTest) -> World:
    regions = [{"code": code, "name": f"区划{code}"} for code in (DISTRICT, SUBDISTRICT, COMMUNITY)]
    unit = {
        "external_ref": "u-1",
        "name": "示例单位",
        "kind": "enterprise",
        "region_code": COMMUNITY,
    }
    offer = {"services": [VISIT], "capacity_per_day": 4, "covers": [SUBDISTRICT]}
    resource = {"external_ref": "r-1", "unit_ref": "u-1", **offer}
    done(service.post("/regions/import", json={"items": regions}))
    unit_id = done(service.post("/units", json=unit))["unit_id"]
    resource_id = done(service.post("/resources", json=resource))["resource_id"]
    here = {"region": COMMUNITY}
    held = {**here, "unit": UUID(unit_id)}
    one = f"/resources/{resource_id}"
    calls = {
        "GET /regions": Call("/regions", shows=COMMUNITY),
        "POST /regions/import": Call("/regions/import", {"items": regions[2:]}, **here),
        "GET /resources": Call("/resources", shows=resource_id),
        "POST /resources": Call("/resources", resource, **here),
        "GET /resources/<uuid:resource_id>": Call(one),
        "PUT /resources/<uuid:resource_id>": Call(one, {**offer, "capacity_per_day": 5}, **held),
        "POST /resources/<uuid:resource_id>/withdraw": Call(
            f"{one}/withdraw", {"reason": "closed"}, **held
        ),
        "POST /resources/import": Call("/resources/import", {"items": [resource]}, **here),
        "GET /units": Call("/units", shows=unit_id),
        "POST /units": Call("/units", unit, **here),
        "GET /units/<uuid:unit_id>": Call(f"/units/{unit_id}"),
        "POST /units/import": Call("/units/import", {"items": [unit]}, **here),
    }
    known = {"unit_id": [unit_id], "resource_id": [resource_id], "external_ref": ["u-1", "r-1"]}
    return World(service, calls, {**known, "unit_ref": ["u-1"], **CODES})


def grid(service: ServiceUnderTest) -> World:
    service.deliver(*map(region, (DISTRICT, SUBDISTRICT, COMMUNITY)))
    tiles = [
        {"grid_code": code, "name": "网格", "geometry": square(west)}
        for code, west in ((GRID, 116.4), (NEXT_GRID, 116.404))
    ]
    done(service.post("/grids/import", json={"items": tiles}))
    place = {"longitude": 116.402, "latitude": 39.902}
    request = {"category": VISIT, "description": "请上门看望。", "channel": "app", **place}
    photo = done(service.request("POST", "/files", data=PDF))["file_id"]
    consent = {"contact": {"name": "张三", "phone": "13900000000"}, "consent": True}
    registered = done(service.post("/requests", json={**request, **consent, "photos": [photo]}))
    original = done(service.post("/requests", json=request))["request_id"]
    history = {
        "external_ref": "1",
        "category": VISIT,
        "channel": "hotline",
        "registered_at": "2020-01-01T08:00:00+08:00",
        "outcome": "closed",
        "ended_at": "2020-01-03T08:00:00+08:00",
        **place,
    }
    request_id = registered["request_id"]
    tracking = f"/tracking/{registered['tracking_code']}"
    worker = f"/grids/{GRID}/workers/{WORKER}"
    done(service.put(worker, json={"duty": "full_time"}))
    here = {"region": GRID}
    one = f"/requests/{request_id}"
    why = {"reason": "call_back", "words": "回访。"}
    done(service.post(f"{one}/contact", json=why))
    steps: dict[str, Any] = {
        "verify": None,
        "reject": {"reason": "false_report"},
        "resolve-on-spot": {"note": "已当场解决。"},
        "link": {"original_request_id": original},
        "relocate": {"grid_code": NEXT_GRID},
    }
    calls = {
        "PUT /boundaries/<code:community_code>": Call(
            f"/boundaries/{COMMUNITY}", {"geometry": square(116.4)}, region=COMMUNITY
        ),
        "GET /coverage": Call(f"/coverage?community_code={COMMUNITY}", region=COMMUNITY),
        "GET /grids": Call("/grids", shows=GRID, **here),
        "GET /grids/<code:grid_code>": Call(f"/grids/{GRID}", **here),
        "PUT /grids/<code:grid_code>/workers/<uuid:worker_id>": Call(
            worker, {"duty": "part_time"}, **here
        ),
        "DELETE /grids/<code:grid_code>/workers/<uuid:worker_id>": Call(worker, **here),
        "POST /grids/import": Call("/grids/import", {"items": tiles[:1]}, **here),
        "GET /requests": Call("/requests", shows=request_id, **here),
        "POST /requests": Call("/requests", request),
        "GET /requests/<uuid:request_id>": Call(one, **here),
        "POST /requests/<uuid:request_id>/contact": Call(f"{one}/contact", why, **here),
        "GET /requests/<uuid:request_id>/photos/<uuid:file_id>": Call(
            f"{one}/photos/{photo}", **here
        ),
        "GET /contact-accesses": Call("/contact-accesses", shows=request_id, **here),
        "POST /files": Call("/files", content=PDF),
        "POST /requests/import": Call(
            "/requests/import", {"source": "old", "items": [history]}, region=None
        ),
        "GET /tracking/<code>": Call(tracking),
        "POST /tracking/<code>/withdraw-consent": Call(f"{tracking}/withdraw-consent", {}),
        **{
            f"POST /requests/<uuid:request_id>/{step}": Call(f"{one}/{step}", body, **here)
            for step, body in steps.items()
        },
    }
    known = {
        "request_id": [request_id, original],
        "original_request_id": [original],
        "worker_id": [str(WORKER)],
        "code": [registered["tracking_code"]],
        "geometry": [square(116.408), square(116.402)],
        "category": [VISIT],
        "longitude": [116.402],
        "latitude": [39.902],
    }
    return World(service, calls, {**known, **CODES})


REPORT = {"note": "已上门。", "evidence": ["https://example.org/1.jpg"]}
UNTIL: dict[str, list[tuple[str, Any]]] = {
    "established": [],
    "dispatched": [("dispatch", {"resource_id": str(RESOURCE)})],
}
UNTIL["handling"] = [*UNTIL["dispatched"], ("accept", {})]
UNTIL["suspended"] = [
    *UNTIL["handling"],
    ("suspend", {"reason": "funds", "resume_at": "2026-12-01T00:00:00Z"}),
]
UNTIL["resolved"] = [*UNTIL["handling"], ("resolve", REPORT)]
UNTIL["closed"] = [*UNTIL["resolved"], ("check", {"passed": True})]
"""What brings a case into a state."""

STEPS: dict[str, tuple[str, Any]] = {
    "accept": ("dispatched", None),
    "cancel": ("handling", {"reason": "withdrawn"}),
    "check": ("resolved", {"passed": True}),
    "decline": ("dispatched", {"reason": "no_capacity"}),
    "dispatch": ("established", {"resource_id": str(RESOURCE)}),
    "escalate": ("handling", {"reason": "emergency"}),
    "extend": ("handling", {"reason": "weather", "hours": 8}),
    "reopen": ("closed", {"reason": "not_solved"}),
    "resolve": ("handling", REPORT),
    "resume": ("suspended", None),
    "return": ("handling", {"owner_unit_id": str(OTHER_UNIT)}),
    "suspend": ("handling", {"reason": "funds", "resume_at": "2026-12-01T00:00:00Z"}),
}
"""Each action, with the state that it is possible in and what it asks for."""


def service_desk(service: ServiceUnderTest) -> World:
    service.now = lambda: NOW
    offered = example_event(
        ResourceOffered,
        resource_id=RESOURCE,
        unit_id=UNIT,
        services=[VISIT],
        capacity_per_day=100,
        covers=[SUBDISTRICT],
        hours=None,
    )
    drawn = example_event(GridDrawn, grid_code=GRID, community_code=COMMUNITY)
    regions = map(region, (DISTRICT, SUBDISTRICT, COMMUNITY))
    service.deliver(*regions, drawn, example_event(UnitRegistered, unit_id=UNIT), offered)
    cases = {state: _case(service, state) for state in UNTIL}
    held = {"region": GRID, "unit": UNIT}
    verdict = {"tracking_code": TRACKING_CODE, "answered": True, "solved": True}
    calls = {
        "GET /cases": Call("/cases", shows=cases["handling"], **held),
        "GET /cases/<uuid:case_id>": Call(f"/cases/{cases['handling']}", **held),
        "POST /feedback": Call("/feedback", verdict),
        "GET /services": Call("/services"),
        "GET /tracking/<code>": Call(f"/tracking/{TRACKING_CODE}"),
        **{
            f"POST /cases/<uuid:case_id>/{step}": Call(
                f"/cases/{cases[state]}/{step}", body, **held
            )
            for step, (state, body) in STEPS.items()
        },
    }
    known = {
        "case_id": list(cases.values()),
        "resource_id": [str(RESOURCE)],
        "unit_id": [str(UNIT)],
        "owner_unit_id": [str(OTHER_UNIT)],
        "code": [TRACKING_CODE],
        "tracking_code": [TRACKING_CODE],
        "resume_at": ["2026-12-01T00:00:00Z"],
    }
    return World(service, calls, {**known, **CODES})


def _case(service: ServiceUnderTest, state: str) -> str:
    code = TRACKING_CODE if state == "closed" else state
    verified = example_event(
        RequestVerified,
        time=NOW,
        request_id=UUID(hashlib.md5(state.encode(), usedforsecurity=False).hexdigest()),
        category=VISIT,
        grid_code=GRID,
        tracking_digest=digest_of(code),
    )
    service.deliver(verified)
    request_id = verified.data["request_id"]
    (case,) = done(service.get(f"/cases?request_id={request_id}"))["items"]
    for action, body in UNTIL[state]:
        done(service.post(f"/cases/{case['case_id']}/{action}", json=body))
    return str(case["case_id"])


def evaluation(service: ServiceUnderTest) -> World:
    request_id, case_id = UUID(int=0xD1), UUID(int=0xD2)
    same = {"request_id": request_id, "grid_code": GRID}
    case = {"request_id": request_id, "case_id": case_id}
    story = [
        (RequestRegistered, {**same, "registered_at": NOW, "location_status": "located"}),
        (RequestVerified, {**same, "registered_at": NOW, "location_status": "located"}),
        (CaseOpened, {**case, "grid_code": GRID, "answer_due_at": NOW + timedelta(hours=9)}),
        (
            CaseDispatched,
            {**case, "unit_id": UNIT, "resource_id": RESOURCE, "due_at": NOW + timedelta(days=9)},
        ),
        (CaseResolved, {**case, "unit_id": UNIT, "resource_id": RESOURCE}),
        (CaseClosed, {**case, "working_hours": 4.0}),
    ]
    service.deliver(
        *map(region, (DISTRICT, SUBDISTRICT, COMMUNITY)),
        example_event(GridDrawn, grid_code=GRID, community_code=COMMUNITY),
        example_event(UnitRegistered, unit_id=UNIT, region_code=COMMUNITY),
        *(
            example_event(schema, time=NOW + timedelta(hours=hours), sequence=hours + 1, **data)
            for hours, (schema, data) in enumerate(story)
        ),
    )
    done(service.post("/periods/2025/close", json={}))
    held, here = {"region": COMMUNITY, "unit": UNIT}, {"region": GRID}
    period, cases = "period=2026-11", "indicator=closing_rate&period=2026-11"
    calls = {
        "GET /facts": Call("/facts", shows=str(request_id), **here),
        "GET /facts/<uuid:request_id>": Call(f"/facts/{request_id}", **here),
        "GET /figures": Call("/figures?level=grid", shows=GRID, **here),
        "GET /indicators": Call("/indicators"),
        "POST /periods/<period>/close": Call("/periods/2024/close", {}, region=None),
        "POST /periods/<period>/revise": Call("/periods/2025/revise", {"reason": "x"}, region=None),
        "GET /scorecards": Call(f"/scorecards?level=unit&{period}", shows=str(UNIT), **held),
        "GET /scorecards/<subject>": Call(f"/scorecards/{UNIT}?{period}", **held),
        "GET /scorecards/<subject>/cases": Call(f"/scorecards/{UNIT}/cases?{cases}", **held),
    }
    known = {
        "request_id": [str(request_id)],
        "subject": [str(UNIT), GRID, DISTRICT],
        "period": ["2026-11", "2025", "2024", "2026-W47"],
        "indicator": ["closing_rate"],
        "unit_id": [str(UNIT)],
    }
    return World(service, calls, {**known, **CODES})


CODES: dict[str, list[Any]] = {
    "region_code": [DISTRICT, SUBDISTRICT, COMMUNITY],
    "grid_code": [GRID, NEXT_GRID, COMMUNITY],
    "community_code": [COMMUNITY],
    "parent": [DISTRICT, SUBDISTRICT],
}
WORLDS: dict[str, Callable[[ServiceUnderTest], World]] = {
    "organization": organization,
    "grid": grid,
    "service_desk": service_desk,
    "evaluation": evaluation,
}


def without_cursor(answer: Answer) -> str:
    """The text of a list, but for the cursor, which may name what comes after it."""
    document = answer.json
    document.pop("next", None)
    return json.dumps(document)
