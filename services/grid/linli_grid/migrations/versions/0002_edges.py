"""Consent, reasons in words, files, counted registrations, and indexes by prefix and for open ones.

The previous version of the code neither reads nor writes what is new.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "grid_0002"
down_revision = "grid_0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "request",
        sa.Column("consent_at", MOMENT, comment="when the resident agreed"),
    )
    op.add_column(
        "request", sa.Column("consent_text", sa.Text, comment="the version of the text agreed to")
    )
    op.add_column("request", sa.Column("consent_withdrawn_at", MOMENT))
    op.add_column("contact_access", sa.Column("words", sa.Text, comment="encrypted for request_id"))
    op.create_table(
        "registration_count",
        sa.Column("account_digest", sa.Text, primary_key=True, comment="SHA-256"),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("registrations", sa.Integer, nullable=False),
        comment="How many requests a resident's account registered within an hour, and since when.",
    )
    op.create_table(
        "stored_file",
        sa.Column("file_id", pg.UUID(as_uuid=True), primary_key=True),
        sa.Column("account_digest", sa.Text, comment="SHA-256; for a day"),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False, comment="bytes"),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.Column("attached_at", MOMENT),
    )
    op.create_index("stored_file_of_account", "stored_file", ["account_digest", "uploaded_at"])
    op.create_index(
        "stored_file_purge",
        "stored_file",
        ["uploaded_at"],
        postgresql_where=sa.text("account_digest IS NOT NULL"),
    )
    op.create_index(
        "grid_by_prefix", "grid", ["grid_code"], postgresql_ops={"grid_code": "text_pattern_ops"}
    )
    op.create_index(
        "request_open",
        "request",
        ["registered_at", "request_id"],
        postgresql_where=sa.text("status = 'registered'"),
    )
