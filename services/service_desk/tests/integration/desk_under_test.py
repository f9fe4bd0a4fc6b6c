"""A service desk under test: events come in, people act over HTTP, time is set by hand."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from linli_contracts.events.grid.requests import RequestVerified
from linli_contracts.events.organization.resources import ResourceOffered
from linli_contracts.events.organization.units import UnitRegistered
from linli_devkit.contracts.examples import example_event
from linli_service_desk.cases.domain.case import case_id_of
from linli_service_desk.service import ServiceDeskService

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
"""Monday, ten in the morning in Shanghai: an ordinary working day."""

VISIT = "elder_care.home_visit"  # 4 working hours to answer, 16 to finish
REPAIR = "housing.repair"
GRID = "110101001001001"
REPORT = {"note": "已上门探访，老人平安", "evidence": ["https://example.org/photo/1.jpg"]}


def unit_of(number):
    return UUID(int=0xA000 + number)


def resource_of(number):
    return UUID(int=0xB000 + number)


def resource_state(number=1, **changes):
    return {
        "resource_id": resource_of(number),
        "unit_id": unit_of(number),
        "services": [VISIT],
        "capacity_per_day": 10,
        "covers": ["110101001"],
        "place": {"longitude": 116.41, "latitude": 39.92},
        "hours": None,
        **changes,
    }


def offered(number=1, sequence=1, **changes):
    return example_event(ResourceOffered, sequence=sequence, **resource_state(number, **changes))


def verified(request_id=None, code=None, time=MONDAY, **changes):
    digest = {"tracking_digest": hashlib.sha256(code.encode()).hexdigest()} if code else {}
    known = {"category": VISIT, "grid_code": GRID, "priority": "normal", **digest, **changes}
    return example_event(RequestVerified, time=time, request_id=request_id or uuid4(), **known)


class DeskUnderTest:
    """A service desk under test, and what people do with it."""

    def __init__(self, make, **environ):
        self.service = make(ServiceDeskService, **environ)
        self.time = MONDAY
        self.service.now = lambda: self.time

    def offer(self, number=1, **changes):
        registered = example_event(
            UnitRegistered, unit_id=unit_of(number), name=f"测试单位 {number}"
        )
        self.service.deliver(registered, offered(number, **changes))
        return resource_of(number)

    def verify(self, **changes):
        event = verified(time=changes.pop("time", self.time), **changes)
        self.service.deliver(event)
        return case_id_of(event.data["request_id"])

    def dispatched(self, **changes):
        """A case that was matched."""
        case_id = self.verify(**changes)
        self.match()
        assert self.show(case_id)["state"] == "dispatched"
        return case_id

    def handled(self, **changes):
        """A case that was matched and accepted."""
        case_id = self.dispatched(**changes)
        self.act(case_id, "accept")
        return case_id

    def closed(self, **changes):
        """A case that was reported as done and checked."""
        case_id = self.handled(**changes)
        self.act(case_id, "resolve", REPORT)
        self.act(case_id, "check", {"passed": True})
        return case_id

    def match(self):
        self.service.fire("match_waiting")

    def clocks(self):
        for timer in ("decline_unanswered", "raise_overdue", "resume_suspended"):
            self.service.fire(timer)

    def pass_hours(self, hours):
        self.time += timedelta(hours=hours)

    def show(self, case_id, **caller):
        answer = self.service.get(f"/cases/{case_id}", **caller)
        assert answer.status_code == 200, answer.json
        return answer.json

    def act(self, case_id, action, body=None, **caller):
        """Do something that has to succeed; by the admin unless somebody else is named."""
        answer = self.try_to(case_id, action, body, **caller)
        assert answer.status_code == 200, answer.json
        return answer.json

    def try_to(self, case_id, action, body=None, **caller):
        return self.service.post(f"/cases/{case_id}/{action}", json=body or {}, **caller)

    def event_names(self, case_id):
        """What was published of a case, in order."""
        return [event.type.split(".")[2] for event in self.events(case_id)]

    def events(self, case_id, name=None):
        mine = [event for event in self.service.published() if event.subject == str(case_id)]
        return [event for event in mine if name is None or event.type.split(".")[2] == name]

    def rows(self, query):
        with self.service.unit_of_work() as uow:
            return [dict(row) for row in uow.connection.execute(query).mappings()]
