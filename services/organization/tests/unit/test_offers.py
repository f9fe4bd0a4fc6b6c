"""Offers: what is usable, when two are the same, and what a withdrawal leaves."""

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_organization.resources.domain import (
    BadOpeningHours,
    Offer,
    OfferResource,
    OpeningHours,
    ResourceIsWithdrawn,
    UnknownService,
    UnknownUnit,
    checked,
    must_have_unit,
    must_not_revive,
    normalized,
    resource_of,
)

CATALOGUE = {"elder_care.home_visit"}
OFFER = Offer(
    services=["elder_care.home_visit"],
    capacity_per_day=10,
    covers=["110101005"],
    longitude=None,
    latitude=None,
    hours=OpeningHours(days=[1, 2], opens="08:00", closes="17:00"),
    languages=[],
    skills=[],
)
codes = st.lists(st.sampled_from(["a.a", "b.b", "c.c"]))
opening_hours = st.builds(
    OpeningHours,
    days=st.lists(st.integers(1, 7)),
    opens=st.just("08:00"),
    closes=st.just("09:00"),
)
offers = st.builds(
    Offer,
    services=codes,
    capacity_per_day=st.just(10),
    covers=codes,
    longitude=st.none(),
    latitude=st.none(),
    hours=st.none() | opening_hours,
    languages=codes,
    skills=codes,
)


@pytest.fixture
def resource():
    command = OfferResource(
        external_ref="r-1",
        unit_ref="u-1",
        services=["elder_care.home_visit"],
        capacity_per_day=10,
        covers=["110101005"],
        longitude=116.4,
        latitude=39.9,
        hours=None,
        languages=["zh"],
        skills=[],
    )
    return resource_of(command, uuid4(), uuid4())


@given(offers, st.randoms())
def test_order_and_repetition_make_no_other_offer(offer, random):
    shuffled = random.sample(offer.services, len(offer.services)) * 2
    assert normalized(replace(offer, services=shuffled)) == normalized(offer)
    assert normalized(normalized(offer)) == normalized(offer)


def test_an_unknown_service_is_refused_with_its_place():
    offer = replace(OFFER, services=["elder_care.home_visit", "elder_care.dance"])
    with pytest.raises(UnknownService) as refusal:
        checked(offer, CATALOGUE)
    assert refusal.value.pointer == "/services/1"


@pytest.mark.parametrize(
    "hours",
    [
        OpeningHours(days=[], opens="08:00", closes="17:00"),
        OpeningHours(days=[1], opens="22:00", closes="06:00"),
        OpeningHours(days=[1], opens="08:00", closes="08:00"),
    ],
)
def test_hours_at_which_nobody_can_come_are_refused(hours):
    with pytest.raises(BadOpeningHours):
        checked(replace(OFFER, hours=hours), CATALOGUE)


@pytest.mark.parametrize("hours", [None, OpeningHours(days=(7,), opens="00:00", closes="24:00")])
def test_any_time_and_the_whole_day_are_hours(hours):
    assert checked(replace(OFFER, hours=hours), CATALOGUE).hours == hours


def test_a_resource_belongs_to_a_registered_unit(resource):
    must_have_unit(resource, {resource.unit_id})
    with pytest.raises(UnknownUnit) as refusal:
        must_have_unit(resource, {uuid4()})
    assert (refusal.value.pointer, str(refusal.value)) == ("/unit_ref", "There is no unit u-1.")


def test_what_is_offered_again_is_no_longer_withdrawn(resource):
    withdrawn = resource.withdrawn("closed")
    assert (withdrawn.state, withdrawn.withdrawn_because) == ("withdrawn", "closed")
    again = withdrawn.offering(OFFER)
    assert (again.state, again.withdrawn_because) == ("offered", None)
    assert (again.capacity_per_day, again.external_ref) == (10, resource.external_ref)
    assert again.hours == OFFER.hours


def test_an_import_may_repeat_what_was_withdrawn_but_not_change_it(resource):
    must_not_revive({}, resource)
    must_not_revive({resource.resource_id: resource}, replace(resource, capacity_per_day=1))
    stored = {resource.resource_id: resource.withdrawn("closed")}
    must_not_revive(stored, resource)
    with pytest.raises(ResourceIsWithdrawn) as refusal:
        must_not_revive(stored, replace(resource, capacity_per_day=1))
    assert refusal.value.pointer == "/external_ref"
