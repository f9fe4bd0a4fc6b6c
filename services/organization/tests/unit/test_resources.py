"""Offers: what is usable, and when two are the same."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_organization.domain.errors import BadOpeningHours, NotYourResource, UnknownService
from linli_organization.domain.resources import check, must_be_own, normal
from linli_organization.identity import resource_id, unit_id

OFFER = {
    "services": ["elder_care.home_visit"],
    "covers": ["110101005"],
    "languages": [],
    "skills": [],
    "hours": {"days": [1, 2], "opens": "08:00", "closes": "17:00"},
}
codes = st.lists(st.sampled_from(["a.a", "b.b", "c.c"]))
offers = st.fixed_dictionaries(
    {
        "services": codes,
        "covers": codes,
        "languages": codes,
        "skills": codes,
        "hours": st.none()
        | st.fixed_dictionaries(
            {
                "days": st.lists(st.integers(1, 7)),
                "opens": st.just("08:00"),
                "closes": st.just("09:00"),
            }
        ),
    }
)


@given(offers, st.randoms())
def test_order_and_repetition_make_no_other_offer(offer, random):
    shuffled = {**offer, "services": random.sample(offer["services"], len(offer["services"])) * 2}
    assert normal(shuffled) == normal(offer) == normal(normal(offer))


def test_an_unknown_service_is_refused_with_its_place():
    with pytest.raises(UnknownService) as refusal:
        check(
            {**OFFER, "services": ["elder_care.home_visit", "elder_care.dance"]},
            {"elder_care.home_visit"},
        )
    assert refusal.value.pointer == "/services/1"


@pytest.mark.parametrize(
    "hours",
    [
        {"days": [], "opens": "08:00", "closes": "17:00"},
        {"days": [1], "opens": "22:00", "closes": "06:00"},
        {"days": [1], "opens": "08:00", "closes": "08:00"},
    ],
)
def test_hours_at_which_nobody_can_come_are_refused(hours):
    with pytest.raises(BadOpeningHours):
        check({**OFFER, "hours": hours}, {"elder_care.home_visit"})


@pytest.mark.parametrize("hours", [None, {"days": [7], "opens": "00:00", "closes": "24:00"}])
def test_any_time_and_the_whole_day_are_hours(hours):
    check({**OFFER, "hours": hours}, {"elder_care.home_visit"})


def test_only_the_unit_itself_owns_its_resource():
    own = uuid4()
    must_be_own(own, own)
    for other in (uuid4(), None):
        with pytest.raises(NotYourResource):
            must_be_own(own, other)


def test_ids_follow_from_district_and_reference_and_never_meet():
    assert unit_id("110101", "a") == unit_id("110101", "a")
    assert (
        len(
            {
                unit_id("110101", "a"),
                unit_id("990101", "a"),
                resource_id("110101", "a"),
                unit_id("110101", "b"),
            }
        )
        == 4
    )
