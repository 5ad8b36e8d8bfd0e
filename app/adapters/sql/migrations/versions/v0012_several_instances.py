"""Several services on one database: who lives, who holds and who reserves what."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

WHEN = sa.DateTime(timezone=True)
JOBS: tuple[tuple[str, Any], ...] = (
    ("due_at", WHEN),
    ("home", sa.Text()),
    ("size", sa.BigInteger()),
)
BOOTS: tuple[tuple[str, Any], ...] = (
    ("name", sa.Text()),
    ("files", sa.String(36)),
    ("seen_at", WHEN),
    ("ended_at", WHEN),
    ("settings", sa.JSON()),
)
#: Bounds of what a key may keep: NULL is what the settings say.
QUOTAS = (("quota_jobs", "INTEGER"), ("quota_bytes", "BIGINT"))


def upgrade() -> None:
    _reserve()
    for name, kind in JOBS:
        op.add_column("jobs", sa.Column(name, kind))
    for name, kind in BOOTS:
        op.add_column("boots", sa.Column(name, kind))
    op.add_column("boots", sa.Column("places", sa.Integer(), server_default="1", nullable=False))
    for name, number in QUOTAS:
        check = f"CONSTRAINT ck_api_keys_{name}_range CHECK ({name} >= 0)"
        op.execute(f"ALTER TABLE api_keys ADD COLUMN {name} {number} {check}")
    op.create_index("ix_jobs_requester_source_size", "jobs", ["requester", "source", "size"])
    op.add_column("uploads", sa.Column("requester", sa.String()))
    op.create_index("ix_uploads_requester", "uploads", ["requester"])
    _make_notes()


def _reserve() -> None:
    op.execute(
        "ALTER TABLE jobs ADD COLUMN reserved_by VARCHAR(36)"
        " CONSTRAINT ck_jobs_reserved_while_pending"
        " CHECK (reserved_by IS NULL OR status = 'pending')"
    )


def _make_notes() -> None:
    op.create_table(
        "notes",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("updated_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_notes")),
    )


def downgrade() -> None:
    op.drop_table("notes")
    op.drop_index("ix_uploads_requester", "uploads")
    op.drop_column("uploads", "requester")
    op.drop_index("ix_jobs_requester_source_size", "jobs")
    for name, _ in reversed(QUOTAS):
        op.drop_column("api_keys", name)
    op.drop_column("boots", "places")
    for name, _ in reversed(BOOTS):
        op.drop_column("boots", name)
    for name, _ in reversed(JOBS):
        op.drop_column("jobs", name)
    op.drop_column("jobs", "reserved_by")
