"""The two-service flow on the chassis: `python -m benchmarks.parts.platform_flow NAME` runs one of
the services.

`service_desk` takes in events, writes an effect for each and emits one event for each; `evaluation`
takes those in and writes an effect for each.
"""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
import sys  # noqa: E402

import sqlalchemy as sa  # noqa: E402
from linli_chassis.messaging.subscriptions import Event, UnitOfWork, subscribe  # noqa: E402
from linli_chassis.observability.logs import configure  # noqa: E402
from linli_chassis.process.runtime import serve  # noqa: E402
from linli_chassis.settings import Settings  # noqa: E402
from linli_contracts.events.grid.requests import RequestVerified  # noqa: E402
from linli_contracts.events.organization.resources import ResourceWithdrawn  # noqa: E402
from linli_contracts.events.service_desk.cases import CaseAccepted  # noqa: E402

_TAKE_EFFECT = sa.text(
    "INSERT INTO effect (event_id, subject) SELECT * "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]))"
)


def _take_effect(uow: UnitOfWork[Settings], events: list[Event]) -> None:
    uow.connection.execute(
        _TAKE_EFFECT,
        {
            "ids": [str(event.id) for event in events],
            "subjects": [event.subject for event in events],
        },
    )


def _take_over(uow: UnitOfWork[Settings], events: list[Event], key: str) -> None:
    """Write an effect and emit one event for each event."""
    _take_effect(uow, events)
    for event in events:
        case_id = event.data[key]
        accepted = CaseAccepted(
            case_id=case_id, request_id=case_id, resource_id=case_id, unit_id=case_id
        )
        uow.emit(accepted, cause=event)


class Desk:
    """The first of the two."""

    name = "service_desk"
    settings = Settings

    @subscribe(RequestVerified)
    def on_request_verified(self, uow: UnitOfWork[Settings], events: list[Event]) -> None:
        _take_over(uow, events, "request_id")

    @subscribe(ResourceWithdrawn)
    def on_resource_withdrawn(self, uow: UnitOfWork[Settings], events: list[Event]) -> None:
        _take_over(uow, events, "resource_id")


class Evaluation:
    """The second of the two."""

    name = "evaluation"
    settings = Settings

    @subscribe(CaseAccepted)
    def on_case_accepted(self, uow: UnitOfWork[Settings], events: list[Event]) -> None:
        _take_effect(uow, events)


if __name__ == "__main__":
    service = {each.name: each for each in (Desk, Evaluation)}[sys.argv[1]]
    configure(service.name, service.settings.load(os.environ).log_level)
    serve(service, os.environ)
