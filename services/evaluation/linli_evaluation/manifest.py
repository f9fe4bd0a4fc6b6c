"""What the service declares: read by the command, by the relay and by deployments."""

from __future__ import annotations

from linli_contracts.manifest import Manifest

MANIFEST = Manifest(
    name="evaluation",
    summary="Facts folded from events, indicators and scorecards.",
    port=8004,
    service="linli_evaluation.service:EvaluationService",
    settings="linli_evaluation.settings:EvaluationSettings",
    subscribes=(
        "linli.organization.region_registered.v1",
        "linli.organization.unit_registered.v1",
        "linli.grid.grid_drawn.v1",
        "linli.grid.worker_assigned.v1",
        "linli.grid.request_registered.v1",
        "linli.grid.request_verified.v1",
        "linli.grid.request_relocated.v1",
        "linli.grid.request_rejected.v1",
        "linli.grid.request_resolved_on_spot.v1",
        "linli.grid.request_linked.v1",
        "linli.service_desk.case_opened.v1",
        "linli.service_desk.case_dispatched.v1",
        "linli.service_desk.case_unmatched.v1",
        "linli.service_desk.case_accepted.v1",
        "linli.service_desk.case_declined.v1",
        "linli.service_desk.case_returned.v1",
        "linli.service_desk.case_suspended.v1",
        "linli.service_desk.case_resumed.v1",
        "linli.service_desk.case_extended.v1",
        "linli.service_desk.case_escalated.v1",
        "linli.service_desk.case_resolved.v1",
        "linli.service_desk.case_reworked.v1",
        "linli.service_desk.case_closed.v1",
        "linli.service_desk.case_cancelled.v1",
        "linli.service_desk.case_overdue.v1",
        "linli.service_desk.case_reopened.v1",
        "linli.service_desk.case_rated.v1",
    ),
)
