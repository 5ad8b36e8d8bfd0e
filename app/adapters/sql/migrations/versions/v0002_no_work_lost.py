"""Budgets of failures, dead letters, what an attempt died of; runs of the service; request keys.

Columns are added one by one with their rule: rebuilding a table would take as long as it is large.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

WHEN = sa.DateTime(timezone=True)
COUNTS = ("errors", "crashes", "deaths")


def upgrade() -> None:
    for count in COUNTS:
        _add("jobs", f"{count} INTEGER DEFAULT 0 NOT NULL", f"{count}_counted", f"{count} >= 0")
    _add(
        "jobs",
        "dead_letter BOOLEAN DEFAULT FALSE NOT NULL",
        "dead_letter_failed",
        "NOT dead_letter OR status = 'failed'",
    )
    op.create_index(op.f("ix_jobs_dead_letter_created_at"), "jobs", ["dead_letter", "created_at"])
    _attempts()
    op.create_table(
        "boots",
        sa.Column("boot_id", sa.String(36), nullable=False),
        sa.Column("begun_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("boot_id", name=op.f("pk_boots")),
    )
    _request_keys()


def downgrade() -> None:
    op.drop_table("request_keys")
    op.drop_table("boots")
    for column in ("last_lines", "exit_status", "error_class"):
        op.drop_column("attempts", column)
    op.drop_index(op.f("ix_jobs_dead_letter_created_at"), "jobs")
    for column in ("dead_letter", *reversed(COUNTS)):
        op.drop_column("jobs", column)


def _add(table: str, column: str, name: str, rule: str) -> None:
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} CONSTRAINT ck_{table}_{name} CHECK ({rule})"
    )


def _attempts() -> None:
    op.add_column("attempts", sa.Column("error_class", sa.String()))
    op.add_column("attempts", sa.Column("exit_status", sa.Integer()))
    op.add_column("attempts", sa.Column("last_lines", sa.Text()))


def _request_keys() -> None:
    op.create_table(
        "request_keys",
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_request_keys")),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.job_id"],
            name=op.f("fk_request_keys_job_id_jobs"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(op.f("ix_request_keys_job_id"), "request_keys", ["job_id"])
    op.create_index(op.f("ix_request_keys_created_at"), "request_keys", ["created_at"])
