"""Jobs by status as lists show them, without key-frames."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

LISTED = sa.text("media_type <> 'keyframe'")


def upgrade() -> None:
    op.create_index(
        "ix_jobs_listed_by_status",
        "jobs",
        ["status", "created_at", "job_id"],
        sqlite_where=LISTED,
        postgresql_where=LISTED,
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_listed_by_status", "jobs")
