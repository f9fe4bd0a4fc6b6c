"""The service desk at a glance: every route, subscription and timer is a method here."""

from __future__ import annotations

from typing import Any

from linli_chassis.http import PUBLIC, RequestContext, page_of, route
from linli_chassis.messaging.subscriptions import Event, UnitOfWork, subscribe
from linli_chassis.process.timers import every
from linli_contracts.events.grid.requests import RequestVerified
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.events.organization.regions import RegionRegistered
from linli_contracts.events.organization.resources import (
    ResourceChanged,
    ResourceOffered,
    ResourceWithdrawn,
)
from linli_contracts.events.organization.units import UnitRegistered

from linli_service_desk.domain import actions, errors
from linli_service_desk.domain.states import roles_of
from linli_service_desk.handlers import (
    acting,
    clocks,
    feedback,
    knowing,
    matching_round,
    opening,
    reading,
)
from linli_service_desk.schemas import bodies, cases
from linli_service_desk.settings import ServiceDeskSettings

READERS = ("grid_worker", "dispatcher", "provider", "reviewer", "evaluator", "operator")
_CASE = "/cases/<uuid:case_id>"


class ServiceDeskService:
    """Cases through the seven steps: opened, matched to resources, handled, checked, and judged by
    the resident.
    """

    name = "service_desk"
    settings = ServiceDeskSettings
    problems = {
        errors.CaseNotFound: 404,
        errors.TrackingCodeUnknown: 404,
        errors.NotYourUnit: 403,
        errors.ResourceUnfit: 422,
        errors.DateNotAhead: 422,
        errors.DeskError: 409,
    }

    # What the desk learns.

    @subscribe(RequestVerified)
    def on_request_verified(self, uow: UnitOfWork, events: list[Event]) -> None:
        opening.open_cases(uow, events)

    @subscribe(RegionRegistered)
    def on_region_registered(self, uow: UnitOfWork, events: list[Event]) -> None:
        knowing.learn_regions(uow, events)

    @subscribe(UnitRegistered)
    def on_unit_registered(self, uow: UnitOfWork, events: list[Event]) -> None:
        knowing.learn_units(uow, events)

    @subscribe(GridDrawn)
    def on_grid_drawn(self, uow: UnitOfWork, events: list[Event]) -> None:
        knowing.learn_grids(uow, events)

    @subscribe(ResourceOffered, ResourceChanged)
    def on_resource_offered_or_changed(self, uow: UnitOfWork, events: list[Event]) -> None:
        knowing.learn_resources(uow, events)

    @subscribe(ResourceWithdrawn)
    def on_resource_withdrawn(self, uow: UnitOfWork, events: list[Event]) -> None:
        knowing.forget_resources(uow, events)

    # What time does.

    @every(seconds=1.0)
    def match_waiting(self, uow: UnitOfWork) -> None:
        matching_round.match_waiting(uow)

    @every(seconds=5.0)
    def decline_unanswered(self, uow: UnitOfWork) -> None:
        clocks.decline_unanswered(uow)

    @every(seconds=5.0)
    def raise_overdue(self, uow: UnitOfWork) -> None:
        clocks.raise_overdue(uow)

    @every(seconds=5.0)
    def resume_suspended(self, uow: UnitOfWork) -> None:
        clocks.resume_suspended(uow)

    # What people ask.

    @route(
        "GET",
        "/services",
        roles=PUBLIC,
        response=cases.Services,
        summary="List the service catalogue",
    )
    def list_services(self, call: RequestContext) -> Any:
        """What a resident may ask for, with the limits to answer and to finish in working hours."""
        return reading.list_services(call)

    @route(
        "GET",
        "/cases",
        roles=READERS,
        query=cases.CaseQuery,
        response=page_of(cases.CaseSummary),
        summary="List cases",
    )
    def list_cases(self, call: RequestContext) -> Any:
        """The cases of the caller's region or unit, the newest first."""
        return reading.list_cases(call)

    @route("GET", _CASE, roles=READERS, response=cases.CaseDetail, summary="Show a case")
    def show_case(self, call: RequestContext) -> Any:
        """One case, with its history, why it was matched as it is, and what the caller may do now."""
        return reading.show_case(call)

    @route("GET", "/tracking/<code>", roles=PUBLIC, response=cases.Tracking, summary="Follow a case")
    def track(self, call: RequestContext) -> Any:
        """How the case of a tracking code stands; no account is needed."""
        return feedback.track(call)

    @route(
        "POST",
        "/feedback",
        roles=PUBLIC,
        body=bodies.FeedbackBody,
        response=cases.Tracking,
        summary="Say how it went",
    )
    def give_feedback(self, call: RequestContext) -> Any:
        """The resident's verdict on a closed case, once for each closing, and whether to take it up
        again.
        """
        return feedback.give_feedback(call)

    # What people do, in the order of the steps. Who may is said by the table of the steps.

    @route(
        "POST",
        f"{_CASE}/dispatch",
        roles=roles_of("dispatch"),
        body=bodies.DispatchBody,
        response=cases.CaseDetail,
        summary="Give a case to a resource",
    )
    def dispatch(self, call: RequestContext) -> Any:
        """Give a waiting case to a resource by hand; never beyond its capacity of the day."""
        return acting.dispatch_by_hand(call)

    @route(
        "POST",
        f"{_CASE}/accept",
        roles=roles_of("accept"),
        response=cases.CaseDetail,
        summary="Accept a case",
    )
    def accept(self, call: RequestContext) -> Any:
        """Take it on: handling begins."""
        return acting.take_as_provider(
            call, lambda case, rules: actions.accept(case, rules, call.uow.now)
        )

    @route(
        "POST",
        f"{_CASE}/decline",
        roles=roles_of("decline"),
        body=bodies.DeclineBody,
        response=cases.CaseDetail,
        summary="Decline a case",
    )
    def decline(self, call: RequestContext) -> Any:
        """Not this one: it is matched again, to another resource."""
        reason = call.body["reason"]
        return acting.refuse(
            call, reason, lambda case, rules: actions.decline(case, reason, rules, call.uow.now)
        )

    @route(
        "POST",
        f"{_CASE}/return",
        roles=roles_of("return"),
        body=bodies.ReturnBody,
        response=cases.CaseDetail,
        summary="Return a case",
    )
    def return_case(self, call: RequestContext) -> Any:
        """Not our duty, and whose it is: it is matched again, preferring that unit."""
        owner = call.body["owner_unit_id"]
        return acting.refuse(
            call, "returned", lambda case, rules: actions.return_(case, owner, rules, call.uow.now)
        )

    @route(
        "POST",
        f"{_CASE}/suspend",
        roles=roles_of("suspend"),
        body=bodies.SuspendBody,
        response=cases.CaseDetail,
        summary="Suspend a case",
    )
    def suspend(self, call: RequestContext) -> Any:
        """It cannot be done within the limit: the clock stands still until a date."""
        reason, resume_at = call.body["reason"], call.body["resume_at"]
        return acting.take(
            call, lambda case, rules: actions.suspend(case, reason, resume_at, rules, call.uow.now)
        )

    @route(
        "POST",
        f"{_CASE}/resume",
        roles=roles_of("resume"),
        response=cases.CaseDetail,
        summary="Resume a suspended case",
    )
    def resume(self, call: RequestContext) -> Any:
        """Work goes on before the date; the limit moves by the time it stood still."""
        return acting.take(call, lambda case, rules: actions.resume(case, rules, call.uow.now))

    @route(
        "POST",
        f"{_CASE}/extend",
        roles=roles_of("extend"),
        body=bodies.ExtendBody,
        response=cases.CaseDetail,
        summary="Extend the limit",
    )
    def extend(self, call: RequestContext) -> Any:
        """Move the limit to finish, once."""
        reason, hours = call.body["reason"], call.body["hours"]
        return acting.take(
            call, lambda case, rules: actions.extend(case, reason, hours, rules, call.uow.now)
        )

    @route(
        "POST",
        f"{_CASE}/escalate",
        roles=roles_of("escalate"),
        body=bodies.EscalateBody,
        response=cases.CaseDetail,
        summary="Raise a case one level",
    )
    def escalate(self, call: RequestContext) -> Any:
        """From the grid to the community, the sub-district, the district: one level at a time."""
        reason = call.body["reason"]
        return acting.take(
            call, lambda case, rules: actions.escalate(case, rules, call.uow.now, reason)
        )

    @route(
        "POST",
        f"{_CASE}/resolve",
        roles=roles_of("resolve"),
        body=bodies.ResolveBody,
        response=cases.CaseDetail,
        summary="Report the work as done",
    )
    def resolve(self, call: RequestContext) -> Any:
        """With what was done, and at least one reference that shows it."""
        return acting.take_as_provider(
            call, lambda case, rules: actions.resolve(case, rules, call.uow.now)
        )

    @route(
        "POST",
        f"{_CASE}/check",
        roles=roles_of("check"),
        body=bodies.CheckBody,
        response=cases.CaseDetail,
        summary="Check on site",
    )
    def check(self, call: RequestContext) -> Any:
        """As reported: closed. Not so: back to handling, a rework."""
        passed = call.body["passed"]
        return acting.take(
            call, lambda case, rules: actions.check(case, passed, rules, call.uow.now)
        )

    @route(
        "POST",
        f"{_CASE}/cancel",
        roles=roles_of("cancel"),
        body=bodies.CancelBody,
        response=cases.CaseDetail,
        summary="Cancel a case",
    )
    def cancel(self, call: RequestContext) -> Any:
        """Strike it off, with a reason."""
        reason = call.body["reason"]
        return acting.take(
            call, lambda case, rules: actions.cancel(case, reason, rules, call.uow.now)
        )

    @route(
        "POST",
        f"{_CASE}/reopen",
        roles=roles_of("reopen"),
        body=bodies.ReopenBody,
        response=cases.CaseDetail,
        summary="Reopen a case",
    )
    def reopen(self, call: RequestContext) -> Any:
        """Take a closed case up again within the days of grace."""
        reason = call.body["reason"]
        return acting.take(
            call, lambda case, rules: actions.reopen(case, reason, rules, call.uow.now)
        )
