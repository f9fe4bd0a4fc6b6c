"""Every event has an example, and new events made from it are as a producer would make them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft202012Validator
from linli_contracts.envelope import decode, encode
from linli_contracts.events.grid.requests import RequestRegistered, RequestVerified
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.events.service_desk.cases import CaseOpened
from linli_contracts.registry import event_types
from linli_contracts.schema import EventType
from linli_devkit.contracts.examples import EXAMPLES, example_event, stored_event, stored_example
from linli_devkit.contracts.json_schema import json_schema
from marshmallow import ValidationError

EVERY_TYPE = pytest.mark.parametrize("entry", event_types(), ids=lambda entry: entry.name)


def test_the_examples_are_those_of_the_registry_and_no_others() -> None:
    stored = {path.name for path in EXAMPLES.iterdir()}
    assert stored == {f"{entry.name}.json" for entry in event_types()}


@EVERY_TYPE
def test_an_example_is_valid_by_marshmallow_and_by_json_schema(entry: EventType) -> None:
    data = stored_example(entry)["data"]
    assert entry.schema().validate(data) == {}
    checker = Draft202012Validator.FORMAT_CHECKER
    assert (
        list(Draft202012Validator(json_schema(entry), format_checker=checker).iter_errors(data))
        == []
    )


@EVERY_TYPE
def test_an_example_shows_every_field_and_writes_as_it_stands(entry: EventType) -> None:
    data = stored_example(entry)["data"]
    assert data.keys() == entry.schema().fields.keys()
    assert entry.dump(entry.load(data)) == data


@EVERY_TYPE
def test_an_example_is_a_cloud_event_about_its_own_aggregate(entry: EventType) -> None:
    example = stored_example(entry)
    read = JSONFormat().read(None, json.dumps(example))
    assert read.get_type() == entry.name
    assert example["dataschema"] == entry.dataschema
    assert example["source"] == f"urn:linli:110101:{entry.producer}"
    assert example["subject"] == example["partitionkey"] == example["data"][entry.key]
    assert example["correlationid"] == example["data"].get("request_id", example["subject"])


def test_no_two_examples_share_an_id() -> None:
    ids = [stored_event(entry).id for entry in event_types()]
    assert len(set(ids)) == len(ids)


@EVERY_TYPE
def test_an_event_made_from_an_example_travels_and_comes_back_equal(entry: EventType) -> None:
    event = example_event(entry.schema)
    assert decode(encode(event)) == event


def test_each_event_made_has_an_id_of_its_own_that_sorts_by_time() -> None:
    ids = [example_event(CaseOpened).id for _ in range(100)]
    assert len(set(ids)) == 100
    assert ids == sorted(ids)
    assert {event_id.version for event_id in ids} == {7}


def test_overrides_are_python_values_that_take_the_place_of_the_examples() -> None:
    at = datetime(2026, 11, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    event = example_event(
        RequestRegistered, grid_code=None, location_status="outside", registered_at=at
    )
    assert event.data["grid_code"] is None
    assert event.data["registered_at"] == at
    assert event.data["registered_at"].tzinfo is UTC


def test_subject_and_correlation_follow_the_data() -> None:
    case_id, request_id = uuid4(), uuid4()
    event = example_event(CaseOpened, case_id=case_id, request_id=request_id)
    assert (event.subject, event.correlation_id) == (str(case_id), str(request_id))
    grid_event = example_event(GridDrawn, grid_code="110101001001002")
    assert (grid_event.subject, grid_event.correlation_id) == ("110101001001002", "110101001001002")


def test_what_is_given_beside_the_data_is_taken() -> None:
    cause, about = uuid4(), uuid4()
    at = datetime(2026, 11, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    event = example_event(
        RequestVerified,
        subject=about,
        time=at,
        sequence=7,
        correlation_id="batch-1",
        causation_id=cause,
    )
    assert event.subject == str(about)
    assert event.time == at
    assert event.time.tzinfo is UTC
    assert (event.sequence, event.correlation_id, event.causation_id) == (7, "batch-1", str(cause))


@pytest.mark.parametrize(
    "overrides", [{"no_such_field": 1}, {"channel": "pigeon"}, {"request_id": None}]
)
def test_an_override_against_the_schema_is_refused(overrides: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        example_event(RequestRegistered, **overrides)


def test_changing_an_events_data_leaves_the_next_one_alone() -> None:
    first = example_event(RequestRegistered)
    first.data["place"]["longitude"] = 0.0
    assert example_event(RequestRegistered).data["place"]["longitude"] != 0.0


def test_ids_in_the_data_are_uuids() -> None:
    assert isinstance(example_event(CaseOpened).data["case_id"], UUID)
