"""Compares the responses that clients got with the data of every idle service.

In the manner of RabbitMQ's own Jepsen tests: *lost* is what was acknowledged and is not there,
*duplicated* what is there more often than it happened, *unexpected* what nobody can explain.
"""

# ruff: noqa: S608  # the names put into SQL are those of our own services

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from linli_contracts.manifest import api_services
from linli_contracts.registry import consumed_by, produced_by

from .request_load import Entry

Rows = Callable[..., list[tuple[Any, ...]]]

_OUTBOX_EVENTS = " UNION ALL ".join(
    f"SELECT '{name}' AS producer, event_id, type, published_at, created_at, "
    "headers->>'ce-subject' AS subject "
    f"FROM {name}.outbox"
    for name in api_services()
)
CONSUMERS = [name for name in api_services() if consumed_by(name)]
ONCE = (
    "linli.grid.request_registered.v1",
    "linli.grid.request_verified.v1",
    "linli.service_desk.case_opened.v1",
)
FACTS = [
    entry.name for entry in consumed_by("evaluation") if entry.producer in ("grid", "service_desk")
]
_NO_REQUESTS = ("linli.grid.grid_drawn.v1", "linli.grid.worker_assigned.v1")


@dataclass
class Findings:
    """What the checker found; each line says what and where."""

    events: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    slowest_event_seconds: float = 0.0
    """From the acknowledgement of a request to the effect of its event in evaluation, at most."""

    @property
    def clean(self) -> bool:
        return not (self.lost or self.duplicated or self.unexpected)


@dataclass(frozen=True)
class Before:
    """What was there before a trial."""

    requests: frozenset[str]
    dead: int
    events: int


class Checker:
    """Looks at the databases of all services.

    Args:
        rows: runs SQL in one snapshot of the database whose schemas are the services.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def before(self) -> Before:
        """What is there now, to be left out of account later."""
        requests = frozenset(map(str, self._column("SELECT request_id FROM grid.request")))
        return Before(requests, self._dead(), self._events())

    # Whether all has come to rest

    def restless(self) -> str:
        """What is still on its way, in words; empty when nothing is."""
        waiting = [
            f"{n} unpublished in {name}" for name in api_services() if (n := self._pending(name))
        ]
        for name in CONSUMERS:
            if unhandled := self._unhandled(name):
                waiting.append(f"{len(unhandled)} not handled by {name}")
            if due := self._one(f"SELECT count(*) FROM {name}.inbox WHERE state = 'due'"):
                waiting.append(f"{due} to be tried again by {name}")
        return ", ".join(waiting)

    def _slowest_event(self, ledger: list[Entry]) -> float:
        """The longest time from an acknowledgement to the commit by which evaluation had the event,
        or that of the case which follows from it.
        """
        entries = {entry.request_id: entry for entry in ledger if entry.request_id}
        sql = """
            SELECT request_id::text, type, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float
            FROM evaluation.fact_event
            WHERE request_id = ANY(%s::uuid[])
                AND (type ^@ 'linli.grid.' OR type = 'linli.service_desk.case_opened.v1')"""
        slowest = 0.0
        for request_id, kind, arrived_at in self._rows(sql, list(entries)):
            entry = entries[request_id]
            first = kind == "linli.grid.request_registered.v1"
            if acknowledged_at := entry.registered_at if first else entry.acted_at:
                slowest = max(slowest, arrived_at - acknowledged_at)
        return slowest

    # What must be so then

    def findings(self, before: Before, entries: Iterable[Entry], poison: int = 0) -> Findings:
        """Compare with the ledger. `poison` messages were injected that must be dead."""
        ledger = list(entries)
        findings = Findings(self._events() - before.events)
        findings.slowest_event_seconds = self._slowest_event(ledger)
        self._compare_requests(before, ledger, findings)
        self._compare_cases(ledger, findings)
        self._compare_facts(findings)
        self._compare_events(findings)
        self._compare_dead(before, poison, findings)
        return findings

    def _compare_requests(self, before: Before, ledger: list[Entry], findings: Findings) -> None:
        status: dict[str, str] = dict(
            self._rows("SELECT request_id::text, status FROM grid.request")
        )
        for entry in ledger:
            if entry.request_id is None:
                continue
            now = status.get(entry.request_id)
            if now is None:
                findings.lost.append(
                    f"request {entry.request_id} was acknowledged and is not there"
                )
            elif now != entry.status and (
                entry.settled or now not in (entry.status, _wanted(entry))
            ):
                findings.lost.append(
                    f"request {entry.request_id} is {now} and the client got {entry.status}"
                )
        acknowledged = {entry.request_id for entry in ledger if entry.request_id}
        unknown = status.keys() - before.requests - acknowledged
        open_keys = sum(entry.request_id is None for entry in ledger)
        if len(unknown) > open_keys:
            findings.duplicated.append(
                f"{len(unknown)} requests beside the acknowledged ones, for {open_keys} open keys"
            )

    def _compare_cases(self, ledger: list[Entry], findings: Findings) -> None:
        sql = "SELECT request_id, count(*), min(state) FROM service_desk.case_file GROUP BY 1"
        cases = {str(request_id): count for request_id, count, _ in self._rows(sql)}
        for entry in ledger:
            count = cases.get(entry.request_id or "", 0)
            if entry.acted and entry.action == "verify" and not count:
                findings.lost.append(f"request {entry.request_id} was verified and has no case")
            elif count and entry.action != "verify":
                findings.unexpected.append(
                    f"request {entry.request_id} has a case and was never verified"
                )
            elif count > 1:
                findings.duplicated.append(f"request {entry.request_id} has {count} cases")
        sql = (
            "SELECT case_id FROM service_desk.case_transition WHERE from_state IS NULL "
            "GROUP BY 1 HAVING count(*) > 1"
        )
        findings.duplicated += [f"case {case_id} was opened twice" for case_id in self._column(sql)]

    def _compare_facts(self, findings: Findings) -> None:
        """Every fact holds exactly the events published of its request, and agrees with them."""
        published = {
            event_id
            for event_id, kind in self._rows(
                f"SELECT event_id, type FROM ({_OUTBOX_EVENTS}) AS outbox_event"
            )
            if kind in FACTS and kind not in _NO_REQUESTS
        }
        counted = set(self._column("SELECT event_id FROM evaluation.fact_event"))
        findings.lost += [f"event {event_id} is in no fact" for event_id in published - counted]
        findings.unexpected += [
            f"a fact counts event {event_id}, which nobody published"
            for event_id in counted - published
        ]
        sql = """
            SELECT r.request_id, r.status, c.state, f.status FROM grid.request AS r
            LEFT JOIN service_desk.case_file AS c USING (request_id)
            LEFT JOIN evaluation.fact AS f USING (request_id)"""
        for request_id, request, case, fact in self._rows(sql):
            if fact != _fact_status(request, case):
                findings.unexpected.append(
                    f"request {request_id} is {request}, its case {case}, its fact {fact}"
                )

    def _compare_events(self, findings: Findings) -> None:
        for name in api_services():
            if pending := self._pending(name):
                findings.lost.append(f"{pending} events of {name} were never published")
        for name in CONSUMERS:
            findings.lost += [
                f"{kind} {event_id} never reached {name}"
                for event_id, kind in self._unhandled(name)
            ]
        repeated = Counter(
            (kind, subject)
            for kind, subject in self._rows(
                f"SELECT type, subject FROM ({_OUTBOX_EVENTS}) AS outbox_event"
            )
        )
        findings.duplicated += [
            f"{kind} of {who} {n} times"
            for (kind, who), n in repeated.items()
            if n > 1 and kind in ONCE
        ]

    def _compare_dead(self, before: Before, poison: int, findings: Findings) -> None:
        dead = self._dead() - before.dead
        findings.unexpected += [f"a dead letter beside the {poison} injected ones"] * (
            dead - poison
        )
        findings.lost += ["an injected message that left no dead letter"] * (poison - dead)

    def _dead(self) -> int:
        return sum(
            int(self._one(f"SELECT count(*) FROM {name}.inbox WHERE state = 'dead'"))
            for name in api_services()
        )

    def _events(self) -> int:
        return int(self._one(f"SELECT count(*) FROM ({_OUTBOX_EVENTS}) AS outbox_event"))

    def _pending(self, name: str) -> int:
        return int(self._one(f"SELECT count(*) FROM {name}.outbox WHERE published_at IS NULL"))

    def _unhandled(self, name: str) -> list[tuple[Any, ...]]:
        types = [entry.name for entry in consumed_by(name)]
        sql = f"""
            SELECT event_id, type FROM ({_OUTBOX_EVENTS}) AS outbox_event
            WHERE type = ANY(%s) AND NOT EXISTS (
                SELECT FROM {name}.inbox AS i WHERE i.event_id = outbox_event.event_id
                    AND i.state = 'handled')"""
        return self._rows(sql, types)

    def _one(self, sql: str) -> Any:
        return self._rows(sql)[0][0]

    def _column(self, sql: str) -> list[Any]:
        return [row[0] for row in self._rows(sql)]


def _wanted(entry: Entry) -> str:
    return Entry(entry.key, entry.action, entry.body, entry.request_id, acted=True).status


def _fact_status(request: str, case: str | None) -> str:
    if case is None:
        return request
    return case if case in ("closed", "cancelled") else "open"


assert {entry.name for entry in produced_by("grid")} >= set(_NO_REQUESTS)
