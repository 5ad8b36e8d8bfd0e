"""The order of waiting jobs, the engine that a job keeps, and what its bytes are.

Columns are added one by one with their rule: rebuilding a table would take as long as it is large.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ORDER = ["status", "priority", "created_at", "job_id"]


def upgrade() -> None:
    op.execute(
        "ALTER TABLE jobs ADD COLUMN priority INTEGER DEFAULT 1 NOT NULL"
        " CONSTRAINT ck_jobs_priority_range CHECK (priority BETWEEN 0 AND 2)"
    )
    op.add_column("jobs", sa.Column("sha256", sa.String(64)))
    op.add_column("jobs", sa.Column("provider", sa.String()))
    op.add_column("jobs", sa.Column("model", sa.String()))
    op.create_index(op.f("ix_jobs_status_priority_created_at_job_id"), "jobs", ORDER)
    op.create_index(op.f("ix_jobs_sha256"), "jobs", ["sha256"])


def downgrade() -> None:
    op.drop_index(op.f("ix_jobs_sha256"), "jobs")
    op.drop_index(op.f("ix_jobs_status_priority_created_at_job_id"), "jobs")
    for column in ("model", "provider", "sha256", "priority"):
        op.drop_column("jobs", column)
