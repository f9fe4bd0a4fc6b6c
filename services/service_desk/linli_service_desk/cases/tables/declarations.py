"""The tables of cases, of what was done to them, and of who was given them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from linli_service_desk.cases.domain.case import State
from linli_service_desk.tables import MOMENT, metadata, moment

ENCRYPTED = "encrypted"
"""Marks evidence that is encrypted; what was stored before is a mere list."""


class StateColumn(sa.TypeDecorator[State]):
    """The state of a case, stored as its text."""

    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: Any, _dialect: sa.Dialect) -> State:
        """The state of a text."""
        return State(value)


case_file = sa.Table(
    "case_file",
    metadata,
    sa.Column("case_id", sa.Uuid, primary_key=True),
    sa.Column("request_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("tracking_digest", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("grid_code", sa.Text),
    sa.Column("longitude", sa.Double),
    sa.Column("latitude", sa.Double),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("state", StateColumn, nullable=False),
    sa.Column("opened_at", MOMENT, nullable=False),
    sa.Column("recorded", sa.Boolean, nullable=False),
    moment("answer_due_at"),
    moment("answered_at"),
    sa.Column("resource_id", sa.Uuid),
    sa.Column("unit_id", sa.Uuid),
    sa.Column("owner_unit_id", sa.Uuid),
    moment("dispatched_at"),
    moment("reply_due_at"),
    moment("due_at"),
    moment("suspended_at"),
    moment("resume_at"),
    sa.Column("suspended_hours", sa.Double, nullable=False),
    sa.Column("extended", sa.Boolean, nullable=False),
    moment("resolved_at"),
    moment("ended_at"),
    sa.Column("reassignments", sa.Integer, nullable=False),
    sa.Column("reworks", sa.Integer, nullable=False),
    sa.Column("closings", sa.Integer, nullable=False),
    sa.Column("level", sa.Text),
    moment("answer_overdue_for"),
    moment("finish_overdue_for"),
    moment("retry_at"),
    sa.Column("unmatched_reasons", ARRAY(sa.Text, as_tuple=True), nullable=False),
    sa.Column("match_batch", sa.Integer),
    sa.Column("laid_aside", sa.Text),
    sa.Index("case_file_tracking_digest", "tracking_digest"),
    sa.Index("case_file_newest", "opened_at", "case_id"),
    sa.Index("case_file_region", "grid_code", postgresql_ops={"grid_code": "text_pattern_ops"}),
    sa.Index(
        "case_file_served",
        "grid_code",
        "service",
        sa.text("dispatched_at DESC"),
        "case_id",
        postgresql_where=sa.text(
            "state IN ('handling', 'resolved', 'closed') AND resource_id IS NOT NULL"
        ),
    ),
    sa.Index("case_file_unit", "unit_id"),
    sa.Index(
        "case_file_waiting",
        "opened_at",
        "case_id",
        postgresql_where=sa.text("state = 'established'"),
    ),
    sa.Index(
        "case_file_clocks",
        "state",
        postgresql_where=sa.text(
            "state IN ('established', 'dispatched', 'handling', 'resolved', 'suspended')"
        ),
    ),
)

case_transition = sa.Table(
    "case_transition",
    metadata,
    sa.Column("transition_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("from_state", sa.Text),
    sa.Column("to_state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("resource_id", sa.Uuid),
    sa.Column("note", sa.Text),  # encrypted: free text
    sa.Column("evidence", JSONB(none_as_null=True)),
    sa.Index("case_transition_case", "case_id", "transition_id"),
)

case_dispatch = sa.Table(
    "case_dispatch",
    metadata,
    sa.Column("dispatch_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("resource_id", sa.Uuid, nullable=False),
    sa.Column("unit_id", sa.Uuid, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("reasons", JSONB, nullable=False),
    sa.Column("alternatives", JSONB, nullable=False),
    sa.Index("case_dispatch_today", "at", "resource_id"),
    sa.Index("case_dispatch_case", "case_id", "dispatch_id"),
)

case_refusal = sa.Table(
    "case_refusal",
    metadata,
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("resource_id", sa.Uuid, primary_key=True),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
