"""Cases that matching cannot take are laid aside; regions and last servers have indexes."""

import sqlalchemy as sa
from alembic import op

revision = "service_desk_0002"
down_revision = "service_desk_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_file", sa.Column("match_batch", sa.Integer))
    op.add_column("case_file", sa.Column("laid_aside", sa.Text))
    op.drop_index("case_file_grid_service", "case_file")
    op.create_index(
        "case_file_region",
        "case_file",
        ["grid_code"],
        postgresql_ops={"grid_code": "text_pattern_ops"},
    )
    served = "state IN ('handling', 'resolved', 'closed') AND resource_id IS NOT NULL"
    op.create_index(
        "case_file_served",
        "case_file",
        ["grid_code", "service", sa.text("dispatched_at DESC"), "case_id"],
        postgresql_where=sa.text(served),
    )


def downgrade() -> None:
    op.drop_index("case_file_served", "case_file")
    op.drop_index("case_file_region", "case_file")
    op.create_index(
        "case_file_grid_service", "case_file", ["grid_code", "service", "dispatched_at"]
    )
    op.drop_column("case_file", "laid_aside")
    op.drop_column("case_file", "match_batch")
