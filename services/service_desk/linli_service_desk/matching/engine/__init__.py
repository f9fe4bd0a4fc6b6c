"""The solver: minimum-cost flow over all cases that wait, so that no greedy choice strands another.

Pure computing: it reads no database and keeps no state; the time and the zone are arguments.

The graph: each case sends one unit either to a resource that may take it (cost: distance, slack,
continuity, priority) or to "unmatched" (a cost above all routes together, more for urgent and for
older cases). From a resource to the sink run arcs of rising cost, so that load spreads; together
they are as wide as the capacity left, so it is never exceeded.
Sources: Ahuja, Magnanti, Orlin, Network Flows (1993), 9 and 14 (convex costs as parallel arcs);
solver: OR-tools.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from linli_service_desk.matching.domain import Match, MatchResult, Offer, Unmatched, WaitingCase
from linli_service_desk.matching.engine.candidates import (
    PRIORITY_WEIGHT,
    CandidateMatrix,
    Candidates,
    Ints,
)

LOAD_POINTS = 3_000
LOAD_STEPS = 10
CHOICES = 3

_ROUTES = 50_000_000
"""More than all routes of one round can cost together (2000 cases, each under 25 points)."""
_UNMATCHED = 1_000_000_000_000
"""More than the ages of all cases of one round can cost together."""


def match(
    cases: Iterable[WaitingCase], offers: Iterable[Offer], now: datetime, zone: ZoneInfo
) -> MatchResult:
    """Match as many cases as can be, urgent and older ones first, at the least total cost.

    The same cases and offers give the same result, in whatever order they come.
    """
    ordered = sorted(cases, key=lambda case: (case.opened_at, case.case_id))
    matrix = CandidateMatrix(sorted(offers, key=lambda offer: offer.resource_id), now, zone)
    options = [matrix.candidates(case) for case in ordered]
    chosen = _solve(ordered, matrix.offers, options)
    loads = _loads(matrix.offers, chosen)
    next_loads = np.array(
        [load_cost(offer, offer.used_today) for offer in matrix.offers], dtype=np.int64
    )
    matches, unmatched = [], []
    for index, (case, candidates) in enumerate(zip(ordered, options, strict=True)):
        offer = chosen[index]
        if offer is None:
            unmatched.append(Unmatched(case.case_id, candidates.refusal))
        else:
            matches.append(
                _explain(case, candidates, matrix.offers, offer, loads[index], next_loads)
            )
    return MatchResult(tuple(matches), tuple(unmatched))


def load_cost(offer: Offer, place: int) -> int:
    """What the case at this place of the resource's day costs (0 is the first).

    It rises in ten steps at most.
    """
    width = -(-offer.capacity_per_day // LOAD_STEPS) or 1
    middle = (2 * (place // width) + 1) * width
    return LOAD_POINTS * middle // (2 * max(1, offer.capacity_per_day))


def unmatched_costs(cases: Sequence[WaitingCase]) -> list[int]:
    """What leaving each case (oldest first) unmatched costs.

    By priority first, then by age, then by all else.
    """
    return [
        PRIORITY_WEIGHT[case.priority] * _UNMATCHED + (len(cases) - age) * _ROUTES
        for age, case in enumerate(cases)
    ]


def _solve(
    cases: Sequence[WaitingCase], offers: Sequence[Offer], options: Sequence[Candidates]
) -> list[int | None]:
    """For each case the index of its offer, or none."""
    chosen: list[int | None] = [None] * len(cases)
    sizes = [len(candidates.offers) for candidates in options]
    if not sum(sizes):
        return chosen
    case_of = np.repeat(np.arange(len(cases)), sizes)
    offer_of = np.concatenate([candidates.offers for candidates in options])
    solver = SimpleMinCostFlow()
    routes = solver.add_arcs_with_capacity_and_unit_cost(
        case_of.astype(np.int32),
        (len(cases) + offer_of).astype(np.int32),
        np.ones(len(case_of), dtype=np.int64),
        np.concatenate([candidates.costs for candidates in options]),
    )
    _add_sink_arcs(solver, cases, offers, np.bincount(offer_of, minlength=len(offers)))
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise RuntimeError(
            f"the flow of {len(cases)} cases over {len(offers)} resources ended {status}"
        )
    for route in np.flatnonzero(solver.flows(routes)):
        chosen[int(case_of[route])] = int(offer_of[route])
    return chosen


def _add_sink_arcs(
    solver: SimpleMinCostFlow, cases: Sequence[WaitingCase], offers: Sequence[Offer], wanted: Ints
) -> None:
    """Join offers to the sink, by capacity and load, and cases, as unmatched."""
    sink = len(cases) + len(offers)
    for index, offer in enumerate(offers):
        places = range(offer.used_today, offer.used_today + min(offer.left, int(wanted[index])))
        for cost, width in Counter(load_cost(offer, place) for place in places).items():
            solver.add_arc_with_capacity_and_unit_cost(len(cases) + index, sink, width, cost)
    for index, cost in enumerate(unmatched_costs(cases)):
        solver.add_arc_with_capacity_and_unit_cost(index, sink, 1, cost)
        solver.set_node_supply(index, 1)
    solver.set_node_supply(sink, -len(cases))


def _loads(offers: Sequence[Offer], chosen: Sequence[int | None]) -> dict[int, int]:
    """The load cost of each matched case; of two on one resource the older is the first there."""
    costs: dict[int, int] = {}
    taken: dict[int, int] = defaultdict(int)
    for case, offer in enumerate(chosen):
        if offer is not None:
            costs[case] = load_cost(offers[offer], offers[offer].used_today + taken[offer])
            taken[offer] += 1
    return costs


def _explain(
    case: WaitingCase,
    candidates: Candidates,
    offers: Sequence[Offer],
    chosen: int,
    load: int,
    next_loads: Ints,
) -> Match:
    """The match of a case, with the parts of its cost and the next choices."""
    index = int(np.searchsorted(candidates.offers, chosen))
    parts = ((factor, int(costs[index])) for factor, costs in candidates.parts.items())
    reasons = (("load", load), *parts)
    costs = candidates.costs + next_loads[candidates.offers]
    cheapest = map(int, np.argsort(costs, kind="stable")[: CHOICES + 1])
    others = [other for other in cheapest if other != index][:CHOICES]
    offer = offers[chosen]
    return Match(
        case.case_id,
        offer.resource_id,
        offer.unit_id,
        cost=sum(cost for _, cost in reasons),
        reasons=reasons,
        alternatives=tuple(
            (offers[candidates.offers[other]].resource_id, int(costs[other])) for other in others
        ),
    )
