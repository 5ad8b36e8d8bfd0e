"""Links to transcripts, and jobs in the order of their ends."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

WHEN = sa.DateTime(timezone=True)
LISTED = sa.text("media_type <> 'keyframe'")


def upgrade() -> None:
    op.create_table(
        "shares",
        sa.Column("share_id", sa.String(36), nullable=False),
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("share_id", name=op.f("pk_shares")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.job_id"], name=op.f("fk_shares_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("digest", name=op.f("uq_shares_digest")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_shares_digest_whole")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_shares_ends_after_it_begins")),
    )
    op.create_index("ix_shares_job_id", "shares", ["job_id"])
    op.create_index(
        "ix_jobs_ended",
        "jobs",
        ["finished_at", "job_id"],
        sqlite_where=LISTED,
        postgresql_where=LISTED,
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_ended", "jobs")
    op.drop_table("shares")
