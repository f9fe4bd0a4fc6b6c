"""Every route is called with every role, region and unit, and lets in whom docs/access.md says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from linli_chassis.http import routes_of
from linli_chassis.http.route_info import RouteInfo
from linli_contracts.identity import PUBLIC, ROLES, Scope
from linli_contracts.manifest import api_services, find_service
from linli_devkit.client import DISTRICT, Answer, ServiceUnderTest
from linli_devkit.contracts.access import (
    ALL,
    NOTHING,
    REGION,
    reach_of,
)
from linli_devkit.contracts.access import (
    DISTRICT as ANYWHERE,
)
from linli_devkit.contracts.access import (
    UNIT as ITS_UNIT,
)

from .worlds import (
    COMMUNITY,
    GRID,
    NEXT_GRID,
    OTHER_UNIT,
    SIBLING,
    SUBDISTRICT,
    Call,
    World,
    without_cursor,
)

REGIONS = {
    "city": "1101",
    "district": DISTRICT,
    "sub-district": SUBDISTRICT,
    "community": COMMUNITY,
    "grid": GRID,
    "next grid": NEXT_GRID,
    "sibling": SIBLING,
    "other district": "110102",
    "other city": "3101",
}
FOREIGN = {"other district", "other city"}
ALLOWED, ABSENT = "allowed", "not in the list"
ROUTES = [
    pytest.param(service, route, id=f"{service} {route.method} {route.path}")
    for service in api_services()
    for route in routes_of(find_service(service).load_service())
]


class Discarded(Exception):
    """Raised at the end of a unit of work, so that each call meets the same world."""


@contextmanager
def discarding(service: ServiceUnderTest) -> Iterator[None]:
    """Let units of work end without a commit."""
    runtime, begin = service.runtime, service.runtime.unit_of_work

    @contextmanager
    def unit_of_work() -> Iterator[Any]:
        with suppress(Discarded), begin() as uow:
            yield uow
            raise Discarded

    with pytest.MonkeyPatch.context() as patch:
        for name in ("unit_of_work", "long_unit_of_work"):
            patch.setattr(type(runtime), name, lambda _: unit_of_work())
        yield


def expected(route: RouteInfo, call: Call, role: str, region: str, unit: UUID | None) -> Any:
    """What becomes of a call by the declaration of its route."""
    reach = reach_of(role, route.roles, route.scope)
    if reach == ALL:
        return ALLOWED
    if region in FOREIGN or reach == NOTHING:
        return 403
    by_region = covers(REGIONS[region], call.region)
    by_unit = unit is not None and unit == call.unit
    reached = {
        ANYWHERE: True,
        REGION: by_region,
        ITS_UNIT: by_unit,
    }[reach]
    if reached:
        return ALLOWED
    return ABSENT if call.shows else {403, 404}


def covers(prefix: str, code: str | None) -> bool:
    return len(prefix) <= len(DISTRICT) if code is None else code.startswith(prefix)


def outcome(route: RouteInfo, call: Call, answer: Answer) -> Any:
    """What became of a call: `ALLOWED`, `ABSENT`, or its status."""
    if answer.status_code != route.status:
        return answer.status_code
    if call.shows and call.shows not in without_cursor(answer):
        return ABSENT
    refused = answer.json.get("refused") if route.path.endswith("/import") else None
    return 403 if refused else ALLOWED


def agrees(actual: Any, wanted: Any) -> bool:
    return actual in wanted if isinstance(wanted, set) else bool(actual == wanted)


def send(world: World, route: RouteInfo, call: Call, **caller: Any) -> Answer:
    body: dict[str, Any] = {} if call.body is None else {"json": call.body}
    if call.content is not None:
        body = {"data": call.content}
    return world.service.request(route.method, call.path, **body, **caller)


@pytest.mark.parametrize(("service", "route"), ROUTES)
def test_a_route_lets_in_whom_it_declares_and_nobody_else(
    world: Callable[[str], World], service: str, route: RouteInfo
) -> None:
    here = world(service)
    call = here.calls[f"{route.method} {route.path}"]
    wrong = []
    with discarding(here.service):
        anonymous = send(here, route, call, role=None)
        assert outcome(route, call, anonymous) == (ALLOWED if route.roles == PUBLIC else 401)
        for role, region, unit in product(
            ROLES, REGIONS, dict.fromkeys((None, call.unit, OTHER_UNIT))
        ):
            answer = send(here, route, call, role=role, region=REGIONS[region], unit=unit)
            wanted = expected(route, call, role, region, unit)
            if not agrees(outcome(route, call, answer), wanted):
                wrong.append((role, region, unit, answer.status_code, wanted, answer.text[:200]))
    assert wrong == []


@pytest.mark.parametrize("service", api_services())
def test_a_unit_in_the_token_of_another_role_opens_no_case_of_another_region(
    world: Callable[[str], World], service: str
) -> None:
    here = world(service)
    for route in routes_of(find_service(service).load_service()):
        call = here.calls[f"{route.method} {route.path}"]
        if call.unit is None or route.scope is Scope.DISTRICT:
            continue
        with discarding(here.service):
            for role in set(ROLES) - {"provider"}:
                answer = send(here, route, call, role=role, region=SIBLING, unit=call.unit)
                assert outcome(route, call, answer) in (403, 404, ABSENT), (role, route.path)
