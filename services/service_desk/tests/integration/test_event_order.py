"""Results do not depend on the order of events, nor on how often they come."""

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.events.organization.regions import RegionRegistered
from linli_contracts.events.organization.resources import ResourceChanged, ResourceWithdrawn
from linli_contracts.events.organization.units import UnitRegistered
from linli_devkit.contracts.examples import example_event
from linli_service_desk.tables import metadata

from .desk_under_test import (
    VISIT,
    DeskUnderTest,
    offered,
    resource_of,
    resource_state,
    unit_of,
    verified,
)

TABLES = ("region", "unit", "grid", "resource", "case_file")


def withdrawn(number, sequence):
    ids = {"resource_id": resource_of(number), "unit_id": unit_of(number)}
    return example_event(ResourceWithdrawn, sequence=sequence, reason="closed", **ids)


def changed(number, sequence, **changes):
    return example_event(ResourceChanged, sequence=sequence, **resource_state(number, **changes))


EVENTS = [
    offered(1),
    changed(1, 2, capacity_per_day=3),
    withdrawn(1, 3),
    offered(2),
    withdrawn(2, 2),
    offered(2, 3, services=["housing.repair", VISIT]),
    offered(3),
    changed(3, 2, covers=["110101"], hours={"days": [1, 2], "opens": "09:00", "closes": "24:00"}),
    example_event(UnitRegistered, sequence=1, unit_id=unit_of(1), name="旧名"),
    example_event(UnitRegistered, sequence=2, unit_id=unit_of(1), name="新名"),
    example_event(RegionRegistered, sequence=1),
    example_event(RegionRegistered, sequence=2, name="更正后的名称"),
    example_event(GridDrawn, sequence=1),
    example_event(GridDrawn, sequence=2, name="重划后的网格"),
    verified(),
    verified(category="housing.repair", priority="urgent"),
    verified(recorded={"outcome": "cancelled", "ended_at": None, "reason": "withdrawn"}),
]


def state_of(desk):
    order = {name: metadata.tables[name].primary_key.columns for name in TABLES}
    return {
        name: desk.rows(sa.select(metadata.tables[name]).order_by(*order[name])) for name in TABLES
    }


def published_by(desk):
    return sorted(
        (e.subject, e.sequence, e.type, str(e.time), str(sorted(e.data.items())))
        for e in desk.service.published()
    )


def emptied(desk):
    with desk.service.unit_of_work() as uow:
        names = sa.inspect(uow.connection).get_table_names()
        ours = ", ".join(name for name in names if not name.startswith("alembic"))
        uow.connection.execute(sa.text(f"TRUNCATE {ours} CASCADE"))
    return desk


def test_shuffled_and_repeated_events_leave_the_same_state(service):
    desk = DeskUnderTest(service)
    desk.service.deliver(*EVENTS)
    expected, expected_events = state_of(desk), published_by(desk)
    assert {row["withdrawn"] for row in expected["resource"]} == {True, False}
    assert len(expected["case_file"]) == 3

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.permutations(EVENTS), st.lists(st.sampled_from(EVENTS), max_size=8), st.integers(1, 5)
    )
    def in_any_order(events, again, batch):
        emptied(desk)
        events = [*events, *again]
        for start in range(0, len(events), batch):
            desk.service.forget()  # so that the handlers see the repetition, not the inbox
            desk.service.deliver(*events[start : start + batch])
        assert state_of(desk) == expected
        assert published_by(desk) == expected_events

    in_any_order()
