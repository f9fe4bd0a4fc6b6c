"""One fact per request, folded from its events.

The fold takes all events of a request in one fixed order, never in the order they came in. So any
permutation and any repetition of the same events gives the same fact, and folding again is always
right.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from linli_kernel.codes import RegionCode

from linli_evaluation.sources.requests.domain import CaseFact, FactEvent

Draft = dict[str, Any]
"""The fields of a `CaseFact` that are known so far."""

Step = Callable[[Draft, FactEvent], None]

_END_UNKNOWN = "end_unknown"
"""In a draft alone: history that ended without saying when, so that its case seems to end at once.
"""


def fold(request_id: UUID, events: Iterable[FactEvent], district_code: str) -> CaseFact:
    """The fact of one request.

    Args:
        events: Events of this request and its case, in any order, repeated or not; types without a
            step are ignored.
        district_code: Stands for the place of a request outside every grid.
    """
    known = {event.event_id: event for event in events}
    draft: Draft = {"request_id": request_id, "digest": digest(known.values())}
    for event in sorted(known.values(), key=_canonical):
        if event.event_name in _STEPS:
            _STEPS[event.event_name](draft, event)
    _place(draft, district_code)
    draft.pop(_END_UNKNOWN, None)
    return CaseFact(**draft)


def digest(events: Iterable[FactEvent]) -> str:
    """SHA-256, hex, over ids, times and data of the events, in the order of their ids."""
    whole = hashlib.sha256()
    for event in sorted(events, key=lambda event: event.event_id):
        row = [str(event.event_id), event.type, event.sequence, event.time.timestamp(), event.data]
        whole.update(json.dumps(row, sort_keys=True, separators=(",", ":")).encode())
    return whole.hexdigest()


def _canonical(event: FactEvent) -> tuple[bool, str, int, UUID]:
    # The events of the request come before those of its case; each are ordered by their own
    # sequence. The id settles what else would be left to chance.
    return event.event_name.startswith("case_"), event.subject, event.sequence, event.event_id


def _place(draft: Draft, district_code: str) -> None:
    grid_code = draft.get("grid_code")
    if not grid_code:
        draft["district_code"] = district_code
        return
    district, subdistrict, community, _ = RegionCode(grid_code).lineage
    draft.update(district_code=district, subdistrict_code=subdistrict, community_code=community)


def _time(event: FactEvent, name: str) -> datetime | None:
    value = event.data.get(name)
    return datetime.fromisoformat(value) if value else None


def _more(draft: Draft, name: str) -> None:
    draft[name] = draft.get(name, 0) + 1


def _category(draft: Draft, code: str) -> None:
    draft["category"], draft["domain"] = code, code.partition(".")[0]


def _request_state(draft: Draft, event: FactEvent) -> None:
    data = event.data
    _category(draft, data["category"])
    draft.update(channel=data["channel"], priority=data["priority"], grid_code=data["grid_code"])
    draft["registered_at"] = _time(event, "registered_at")
    recorded = data.get("recorded")
    draft["imported"] = (
        draft.get("imported", False) or data["channel"] == "import" or bool(recorded)
    )
    if recorded and recorded["outcome"] != "open" and not recorded["ended_at"]:
        draft[_END_UNKNOWN] = True
    draft.setdefault("status", "registered")


def _request_relocated(draft: Draft, event: FactEvent) -> None:
    draft["grid_code"] = event.data["grid_code"]


def _request_rejected(draft: Draft, event: FactEvent) -> None:
    draft.update(status="rejected", reject_reason=event.data["reason"])


def _request_resolved_on_spot(draft: Draft, event: FactEvent) -> None:
    draft.update(status="resolved_on_spot", resolved_at=event.time)


def _request_linked(draft: Draft, _event: FactEvent) -> None:
    draft["status"] = "linked"


def _case_opened(draft: Draft, event: FactEvent) -> None:
    data = event.data
    _category(draft, data["service"])
    draft.update(
        case_id=UUID(data["case_id"]),
        priority=data["priority"],
        status="open",
        opened_at=event.time,
    )
    draft["answer_due_at"] = _time(event, "answer_due_at")
    draft["grid_code"] = data["grid_code"] or draft.get("grid_code")


def _provider(draft: Draft, event: FactEvent) -> None:
    draft.update(unit_id=UUID(event.data["unit_id"]), resource_id=UUID(event.data["resource_id"]))


def _new_deadline(draft: Draft, event: FactEvent) -> None:
    # What passed was the old deadline; a new one has not passed until an event says so. A case that
    # is given to another provider keeps its deadline, and no second event says that it passed.
    due_at = _time(event, "due_at")
    if due_at != draft.get("due_at"):
        draft.update(due_at=due_at, overdue_finish=False)


def _case_dispatched(draft: Draft, event: FactEvent) -> None:
    _provider(draft, event)
    _more(draft, "dispatches")
    _new_deadline(draft, event)
    draft["dispatched_at"] = event.time
    draft.setdefault("first_dispatched_at", event.time)


def _case_accepted(draft: Draft, event: FactEvent) -> None:
    _provider(draft, event)
    draft.setdefault("answered_at", event.time)


def _case_suspended(draft: Draft, _event: FactEvent) -> None:
    draft["suspended"] = True


def _case_resumed(draft: Draft, event: FactEvent) -> None:
    _new_deadline(draft, event)
    draft["suspended"] = False


def _case_extended(draft: Draft, event: FactEvent) -> None:
    _new_deadline(draft, event)
    _more(draft, "extensions")


def _case_resolved(draft: Draft, event: FactEvent) -> None:
    _provider(draft, event)
    draft["resolved_at"] = event.time


def _case_reworked(draft: Draft, _event: FactEvent) -> None:
    _more(draft, "reworks")
    _more(draft, "checks")
    draft["resolved_at"] = None


def _case_closed(draft: Draft, event: FactEvent) -> None:
    if draft.get("resolved_at"):  # imported history has no report that somebody checked
        _more(draft, "checks")
    registered_at = draft.get("registered_at")
    elapsed_hours = (event.time - registered_at).total_seconds() / 3600 if registered_at else None
    if draft.get(_END_UNKNOWN):
        elapsed_hours = None
    draft.update(
        status="closed", closed_at=event.time, suspended=False, elapsed_hours=elapsed_hours
    )
    draft["working_hours"] = event.data["working_hours"]


def _case_cancelled(draft: Draft, event: FactEvent) -> None:
    draft.update(
        status="cancelled",
        cancelled_at=event.time,
        cancel_reason=event.data["reason"],
        suspended=False,
    )


def _case_reopened(draft: Draft, _event: FactEvent) -> None:
    _more(draft, "reopened")
    draft.update(
        status="open", resolved_at=None, closed_at=None, working_hours=None, elapsed_hours=None
    )
    draft.update(due_at=None, overdue_finish=False)  # all clocks begin anew


def _case_overdue(draft: Draft, event: FactEvent) -> None:
    draft[f"overdue_{event.data['limit']}"] = True


def _case_rated(draft: Draft, event: FactEvent) -> None:
    data = event.data
    draft.update(
        answered=data["answered"], solved=data["solved"], satisfaction=data["satisfaction"]
    )
    draft["rated_at"] = event.time


def _counting(name: str) -> Step:
    return lambda draft, _event: _more(draft, name)


def _given_back(name: str) -> Step:
    def step(draft: Draft, _event: FactEvent) -> None:
        _more(draft, name)
        draft.update(unit_id=None, resource_id=None)

    return step


_STEPS: dict[str, Step] = {
    "request_registered": _request_state,
    "request_verified": _request_state,
    "request_relocated": _request_relocated,
    "request_rejected": _request_rejected,
    "request_resolved_on_spot": _request_resolved_on_spot,
    "request_linked": _request_linked,
    "case_opened": _case_opened,
    "case_dispatched": _case_dispatched,
    "case_accepted": _case_accepted,
    "case_declined": _given_back("declines"),
    "case_returned": _given_back("returns"),
    "case_unmatched": _counting("unmatched"),
    "case_suspended": _case_suspended,
    "case_resumed": _case_resumed,
    "case_extended": _case_extended,
    "case_escalated": _counting("escalations"),
    "case_resolved": _case_resolved,
    "case_reworked": _case_reworked,
    "case_closed": _case_closed,
    "case_cancelled": _case_cancelled,
    "case_overdue": _case_overdue,
    "case_rated": _case_rated,
    "case_reopened": _case_reopened,
}
