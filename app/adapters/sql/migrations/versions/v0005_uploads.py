"""Resumable uploads: what has come of each, and what becomes of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("upload_id", sa.String(36), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("told", sa.Text()),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("updated_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("finished_at", WHEN),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_uploads")),
        _rule("length_range", "length > 0"),
        _rule("received_range", "received >= 0 AND received <= length"),
        _rule("hashed_is_whole", "sha256 IS NULL OR received = length"),
        _rule("finished_is_hashed", "finished_at IS NULL OR sha256 IS NOT NULL"),
    )
    op.create_index(op.f("ix_uploads_expires_at"), "uploads", ["expires_at"])


def downgrade() -> None:
    op.drop_table("uploads")


def _rule(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_uploads_{name}"))
