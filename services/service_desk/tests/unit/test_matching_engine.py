from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from linli_service_desk.matching.domain import Offer, OpeningHours, WaitingCase
from linli_service_desk.matching.engine import load_cost, match, unmatched_costs
from linli_service_desk.matching.engine.candidates import PRIORITY_WEIGHT, CandidateMatrix

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)  # Monday, ten in the morning
REGIONS = ("110101001001001", "110101001002001", "110101002001001", "110101")

SERVICE_ITEMS = ("elder_care.home_visit", "housing.repair")


def a_case(number=1, **known):
    usual = {
        "service": SERVICE_ITEMS[0],
        "region_code": REGIONS[0],
        "priority": "normal",
        "opened_at": NOW - timedelta(hours=1),
        "longitude": 116.40,
        "latitude": 39.92,
        "limit_at": NOW + timedelta(hours=8),
        "horizon_at": NOW + timedelta(days=2),
    }
    return WaitingCase(case_id=UUID(int=number), **{**usual, **known})


def an_offer(number=100, **known):
    usual = {
        "unit_id": UUID(int=number + 1000),
        "services": frozenset(SERVICE_ITEMS),
        "covers": ("110101",),
        "capacity_per_day": 5,
        "longitude": 116.40,
        "latitude": 39.92,
    }
    return Offer(resource_id=UUID(int=number), **{**usual, **known})


places = st.one_of(
    st.just({"longitude": None, "latitude": None}),
    st.builds(
        lambda x, y: {"longitude": 116.3 + x / 100, "latitude": 39.8 + y / 100},
        st.integers(0, 20),
        st.integers(0, 20),
    ),
)


@st.composite
def cases(draw):
    return [
        a_case(
            number,
            service=draw(st.sampled_from(SERVICE_ITEMS)),
            region_code=draw(st.sampled_from(REGIONS)),
            priority=draw(st.sampled_from(sorted(PRIORITY_WEIGHT))),
            opened_at=NOW - timedelta(minutes=draw(st.integers(0, 5))),
            refused=draw(
                st.frozensets(st.integers(100, 105).map(lambda n: UUID(int=n)), max_size=2)
            ),
            **draw(places),
        )
        for number in range(1, draw(st.integers(0, 12)) + 1)
    ]


@st.composite
def offers(draw):
    return [
        an_offer(
            number,
            services=draw(st.frozensets(st.sampled_from(SERVICE_ITEMS), min_size=1)),
            covers=draw(
                st.sampled_from([("110101",), ("110101001",), ("110101001001", "110101002")])
            ),
            capacity_per_day=draw(st.integers(0, 4)),
            used_today=draw(st.integers(0, 3)),
            hours=draw(st.sampled_from([None, OpeningHours((1, 2, 3), "14:00", "17:00")])),
            **draw(places),
        )
        for number in range(100, 100 + draw(st.integers(0, 6)))
    ]


def eligible(case, offer):
    return (
        case.service in offer.services
        and case.region_code.startswith(offer.covers)
        and offer.resource_id not in case.refused
    )


def total_cost(case_list, costs_of_matched):
    """The cost of a whole round: routes and load of the matched, penalties of the rest."""
    ordered = sorted(case_list, key=lambda case: (case.opened_at, case.case_id))
    left_out = dict(zip([case.case_id for case in ordered], unmatched_costs(ordered), strict=True))
    return sum(costs_of_matched.get(case.case_id, left_out[case.case_id]) for case in ordered)


def greedy(case_list, offer_list):
    """Each case in turn takes the cheapest resource with room, as in a queue at a counter."""
    matrix = CandidateMatrix(sorted(offer_list, key=lambda offer: offer.resource_id), NOW, ZONE)
    used = {offer.resource_id: offer.used_today for offer in offer_list}
    matched = {}
    for case in sorted(case_list, key=lambda case: (case.opened_at, case.case_id)):
        candidates = matrix.candidates(case)
        choices = [
            (int(cost) + load_cost(offer, used[offer.resource_id]), offer.resource_id)
            for index, cost in zip(candidates.offers, candidates.costs, strict=True)
            for offer in [matrix.offers[index]]
            if used[offer.resource_id] < offer.capacity_per_day
        ]
        if choices:
            matched[case.case_id], taken = min(choices)
            used[taken] += 1
    return matched


@given(cases(), offers())
def test_no_resource_is_given_more_than_it_can_take(case_list, offer_list):
    matches_by_resource = Counter(
        each.resource_id for each in match(case_list, offer_list, NOW, ZONE).matches
    )
    for offer in offer_list:
        assert matches_by_resource[offer.resource_id] <= max(
            0, offer.capacity_per_day - offer.used_today
        )


@given(cases(), offers())
def test_every_case_is_matched_or_left_with_a_reason_and_only_to_who_may_take_it(
    case_list, offer_list
):
    result = match(case_list, offer_list, NOW, ZONE)
    assert sorted(
        [m.case_id for m in result.matches] + [u.case_id for u in result.unmatched]
    ) == sorted(case.case_id for case in case_list)
    by_id = {thing.case_id: thing for thing in case_list} | {
        thing.resource_id: thing for thing in offer_list
    }
    for m in result.matches:
        assert eligible(by_id[m.case_id], by_id[m.resource_id])
        assert m.cost == sum(cost for _, cost in m.reasons)
        assert m.resource_id not in [resource_id for resource_id, _ in m.alternatives]
        assert all(
            eligible(by_id[m.case_id], by_id[resource_id]) for resource_id, _ in m.alternatives
        )


@given(cases(), offers())
def test_a_round_never_costs_more_than_serving_one_after_the_other(case_list, offer_list):
    result = match(case_list, offer_list, NOW, ZONE)
    ours = total_cost(case_list, {m.case_id: m.cost for m in result.matches})
    theirs = greedy(case_list, offer_list)
    assert ours <= total_cost(case_list, theirs)
    assert len(result.matches) >= len(theirs)


@given(cases(), offers(), st.randoms(use_true_random=False))
def test_the_order_of_cases_and_resources_does_not_matter(case_list, offer_list, random):
    first = match(case_list, offer_list, NOW, ZONE)
    random.shuffle(case_list)
    random.shuffle(offer_list)
    assert match(case_list, offer_list, NOW, ZONE) == first


@settings(max_examples=30)
@given(cases())
def test_what_is_scarce_goes_to_the_urgent_first_and_then_to_the_oldest(case_list):
    case_list = [
        a_case(c.case_id.int, priority=c.priority, opened_at=c.opened_at) for c in case_list
    ]
    result = match(case_list, [an_offer(capacity_per_day=3)], NOW, ZONE)
    ranked = sorted(case_list, key=lambda c: (-PRIORITY_WEIGHT[c.priority], c.opened_at, c.case_id))
    assert {m.case_id for m in result.matches} == {c.case_id for c in ranked[:3]}


def test_no_greedy_choice_strands_another():
    # The near resource is the only one for case 2; case 1, which comes first, could take either.
    near, far = (
        an_offer(100, capacity_per_day=1),
        an_offer(101, capacity_per_day=1, covers=("110101001",), latitude=39.99),
    )
    only_near = a_case(2, region_code=REGIONS[2])
    result = match([a_case(1), only_near], [near, far], NOW, ZONE)
    assert {m.case_id.int: m.resource_id.int for m in result.matches} == {1: 101, 2: 100}
    assert len(greedy([a_case(1), only_near], [near, far])) == 1


def test_load_spreads_over_resources_at_the_same_place():
    result = match([a_case(n) for n in range(1, 5)], [an_offer(100), an_offer(101)], NOW, ZONE)
    assert Counter(m.resource_id.int for m in result.matches) == {100: 2, 101: 2}


def test_the_nearer_of_two_is_chosen_and_the_other_is_the_next_choice():
    result = match([a_case()], [an_offer(100, latitude=39.95), an_offer(101)], NOW, ZONE)
    best = result.matches[0]
    assert best.resource_id == UUID(int=101)
    assert [resource_id.int for resource_id, _ in best.alternatives] == [100]
    assert dict(best.reasons)["distance"] == 0


def test_who_served_there_before_is_preferred_and_the_named_owner_even_more():
    two = [an_offer(100), an_offer(101), an_offer(102)]
    assert (
        match([a_case(usual_resource_id=UUID(int=101))], two, NOW, ZONE).matches[0].resource_id.int
        == 101
    )
    named = a_case(usual_resource_id=UUID(int=101), owner_unit_id=UUID(int=1102))
    assert match([named], two, NOW, ZONE).matches[0].resource_id.int == 102


def test_who_is_open_now_is_preferred_to_who_opens_near_the_limit():
    later = an_offer(100, hours=OpeningHours((1,), "17:00", "20:00"))
    assert match([a_case()], [later, an_offer(101)], NOW, ZONE).matches[0].resource_id.int == 101


def test_every_way_of_finding_nobody_has_its_reason():
    def reason(case, *offer_list):
        return match([case], offer_list, NOW, ZONE).unmatched[0].reason

    assert reason(a_case()) == "no_service"
    assert reason(a_case(), an_offer(services=frozenset({SERVICE_ITEMS[1]}))) == "no_service"
    assert reason(a_case(), an_offer(covers=("110101002",))) == "no_coverage"
    assert reason(a_case(region_code="110101"), an_offer(covers=("110101001",))) == "no_coverage"
    assert (
        reason(a_case(horizon_at=NOW), an_offer(hours=OpeningHours((7,), "09:00", "10:00")))
        == "no_capacity"
    )
    assert reason(a_case(refused=frozenset({UUID(int=100)})), an_offer()) == "all_declined"
    assert reason(a_case(), an_offer(used_today=5)) == "no_capacity"


def test_one_of_two_for_a_single_place_is_left_out_for_lack_of_capacity():
    result = match([a_case(1), a_case(2)], [an_offer(capacity_per_day=1)], NOW, ZONE)
    assert [u.reason for u in result.unmatched] == ["no_capacity"]


def test_load_rises_in_ten_steps_at_most():
    wide = an_offer(capacity_per_day=1000)
    costs = [load_cost(wide, place) for place in range(1000)]
    assert costs == sorted(costs)
    assert len(set(costs)) == 10
