"""Which resources may take a case, and what each would cost, as arrays. Pure computing.

All costs are whole thousandths of a point; 1 point is worth 2 km of travel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from linli_service_desk.matching.domain import Offer, WaitingCase, next_open

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

METRES_PER_POINT = 2_000
MAX_DISTANCE_M = 20_000
UNKNOWN_DISTANCE_M = 5_000
SLACK_POINTS = 2_000
USUAL_POINTS = 1_000
OWNER_POINTS = 3_000
PRIORITY_WEIGHT = {"normal": 1, "raised": 2, "urgent": 3}
PRIORITY_POINTS = 1_000
EARTH_M = 6_371_000


@dataclass(frozen=True, slots=True)
class Candidates:
    """The resources that may take a case: their indexes, the parts of their costs, and the sums.

    `refusal` says why there are none, or what it means when every one of them goes to others.
    """

    offers: Ints
    parts: dict[str, Ints]
    costs: Ints
    refusal: str


class CandidateMatrix:
    """All resources at one moment. Offers keep the order they come in."""

    def __init__(self, offers: Sequence[Offer], now: datetime, zone: ZoneInfo) -> None:
        self.offers = offers
        self._now = now
        self._opens_after_s = np.array(
            [self._opens_after(offer, zone) for offer in offers], dtype=np.float64
        )
        self._left = np.array([offer.left > 0 for offer in offers], dtype=np.bool_)
        self._longitudes = _radians(offer.longitude for offer in offers)
        self._latitudes = _radians(offer.latitude for offer in offers)
        self._masks: dict[tuple[str, str], Bools] = {}

    def candidates(self, case: WaitingCase) -> Candidates:
        """The resources that may take a case, narrowed by one condition after the other."""
        service, region = case.service, case.region_code
        narrowing = (
            (
                "no_service",
                self._mask("service", service, lambda offer: service in offer.services),
            ),
            (
                "no_coverage",
                self._mask("region", region, lambda offer: region.startswith(offer.covers)),
            ),
            ("all_declined", self._not_refused(case)),
            ("no_capacity", self._opens_after_s <= (case.horizon_at - self._now).total_seconds()),
            ("no_capacity", self._left),
        )
        able = np.ones(len(self.offers), dtype=np.bool_)
        for reason, mask in narrowing:
            able &= mask
            if not able.any():
                return Candidates(_NOBODY, {}, _NOBODY, reason)
        chosen = np.flatnonzero(able)
        parts = self._parts(case, chosen)
        costs: Ints = np.sum(list(parts.values()), axis=0, dtype=np.int64)
        return Candidates(chosen, parts, costs, "no_capacity")

    def _parts(self, case: WaitingCase, chosen: Ints) -> dict[str, Ints]:
        return {
            "distance": self._distance(case)[chosen],
            "slack": self._slack(case, self._opens_after_s[chosen]),
            "continuity": self._continuity(case, chosen),
            "priority": np.full(
                len(chosen), -PRIORITY_POINTS * (PRIORITY_WEIGHT[case.priority] - 1), dtype=np.int64
            ),
        }

    def _distance(self, case: WaitingCase) -> Ints:
        """Great-circle distance in its flat approximation, good to a metre within a district."""
        longitude, latitude = _radians((case.longitude, case.latitude))
        east = (self._longitudes - longitude) * np.cos((self._latitudes + latitude) / 2)
        metres = EARTH_M * np.hypot(east, self._latitudes - latitude)
        known = np.minimum(np.where(np.isnan(metres), UNKNOWN_DISTANCE_M, metres), MAX_DISTANCE_M)
        return (known * 1_000 / METRES_PER_POINT).astype(np.int64)

    def _slack(self, case: WaitingCase, opens_after_s: Floats) -> Ints:
        """How much of the time left until the deadline goes by before the resource opens."""
        if case.limit_at is None:
            return np.zeros(len(opens_after_s), dtype=np.int64)
        left_s = max(1.0, (case.limit_at - self._now).total_seconds())
        return (np.minimum(opens_after_s / left_s, 1.0) * SLACK_POINTS).astype(np.int64)

    def _continuity(self, case: WaitingCase, chosen: Ints) -> Ints:
        if case.usual_resource_id is None and case.owner_unit_id is None:
            return np.zeros(len(chosen), dtype=np.int64)
        offers = [self.offers[index] for index in chosen]
        usual = np.array(
            [offer.resource_id == case.usual_resource_id for offer in offers], dtype=np.int64
        )
        owner = np.array([offer.unit_id == case.owner_unit_id for offer in offers], dtype=np.int64)
        return -USUAL_POINTS * usual - OWNER_POINTS * owner

    def _not_refused(self, case: WaitingCase) -> Bools:
        mask = np.ones(len(self.offers), dtype=np.bool_)
        for resource_id in case.refused:
            if resource_id in self._indexes:
                mask[self._indexes[resource_id]] = False
        return mask

    def _mask(self, kind: str, code: str, holds: Callable[[Offer], bool]) -> Bools:
        # Cases share grids and services by the hundred, so each question is asked once per round.
        if (kind, code) not in self._masks:
            self._masks[kind, code] = np.array(
                [holds(offer) for offer in self.offers], dtype=np.bool_
            )
        return self._masks[kind, code]

    @cached_property
    def _indexes(self) -> dict[UUID, int]:
        return {offer.resource_id: index for index, offer in enumerate(self.offers)}

    def _opens_after(self, offer: Offer, zone: ZoneInfo) -> float:
        opens_at = next_open(offer.hours, self._now, zone)
        return (opens_at - self._now).total_seconds() if opens_at else np.inf


_NOBODY: Ints = np.zeros(0, dtype=np.int64)


def _radians(degrees: Iterable[float | None]) -> Floats:
    return np.radians(
        np.array([np.nan if degree is None else degree for degree in degrees], dtype=np.float64)
    )
