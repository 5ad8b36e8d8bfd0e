"""Jobs with their attempts, finished windows, transcripts.

The rules stand here as they were when this was written: later ones come in later files.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

STAGE_KNOWN = "stage IS NULL OR stage IN ('media_extraction', 'transcribing', 'embedding')"
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    _jobs()
    _attempts()
    _windows()
    _transcripts()


def downgrade() -> None:
    for table in ("transcripts", "windows", "attempts", "jobs"):
        op.drop_table(table)


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("stage", sa.String()),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("updated_at", WHEN, nullable=False),
        sa.Column("finished_at", WHEN),
        sa.Column("stage_started_at", WHEN),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("input_path", sa.String(), nullable=False),
        sa.Column("output_path", sa.String()),
        sa.Column("error_code", sa.String()),
        sa.Column("error_message", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("boot_id", sa.String()),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("duration", sa.Float()),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("timings", sa.JSON(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_jobs")),
        *_job_rules(),
    )
    op.create_index(op.f("ix_jobs_created_at_job_id"), "jobs", ["created_at", "job_id"])
    op.create_index(
        op.f("ix_jobs_status_created_at_job_id"), "jobs", ["status", "created_at", "job_id"]
    )
    op.create_index(op.f("ix_jobs_asset_id"), "jobs", ["asset_id"])


def _job_rules() -> list[sa.CheckConstraint]:
    return [
        _rule(
            "jobs_status_known",
            "status IN ('pending', 'running', 'completed', 'failed', 'cancelled')",
        ),
        _rule("jobs_stage_known", STAGE_KNOWN),
        _rule("jobs_source_known", "source IN ('upload', 'path', 'url')"),
        _rule("jobs_progress_range", "progress >= 0 AND progress <= 1"),
        _rule("jobs_duration_range", "duration IS NULL OR duration >= 0"),
        _rule("jobs_attempts_counted", "attempts >= 0 AND (status <> 'running' OR attempts > 0)"),
        _rule("jobs_held_when_running", "(status = 'running') = (boot_id IS NOT NULL)"),
        _rule(
            "jobs_finished_when_ended",
            "(status IN ('completed', 'failed', 'cancelled')) = (finished_at IS NOT NULL)",
        ),
        _rule("jobs_failed_says_why", "status <> 'failed' OR error_code IS NOT NULL"),
        _rule(
            "jobs_no_stale_error", "status NOT IN ('running', 'completed') OR error_code IS NULL"
        ),
        _rule("jobs_message_has_code", "error_message IS NULL OR error_code IS NOT NULL"),
        _rule("jobs_completed_is_whole", "status <> 'completed' OR progress = 1"),
        _rule("jobs_pending_has_no_stage", "status <> 'pending' OR stage IS NULL"),
        _rule("jobs_stage_clock_runs", "stage_started_at IS NULL OR status = 'running'"),
    ]


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", WHEN, nullable=False),
        sa.Column("ended_at", WHEN),
        sa.Column("stage", sa.String()),
        sa.Column("error_code", sa.String()),
        sa.Column("error_message", sa.Text()),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_attempts")),
        _job_key("attempts"),
        _rule("attempts_number_counted", "number > 0"),
        _rule("attempts_stage_known", STAGE_KNOWN),
        _rule("attempts_ended_with_error", "error_code IS NULL OR ended_at IS NOT NULL"),
    )


def _windows() -> None:
    op.create_table(
        "windows",
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("params_hash", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_sample", sa.BigInteger(), nullable=False),
        sa.Column("samples", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "params_hash", "number", name=op.f("pk_windows")),
        _job_key("windows"),
    )


def _transcripts() -> None:
    op.create_table(
        "transcripts",
        sa.Column("job_id", sa.String(36), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("indexed_in", sa.String()),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("duration", sa.Float(), nullable=False),
        sa.Column("language", sa.JSON()),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_transcripts")),
        _job_key("transcripts"),
        sa.UniqueConstraint("asset_id", name=op.f("uq_transcripts_asset_id")),
    )


def _job_key(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_job_id_jobs")
    return sa.ForeignKeyConstraint(["job_id"], ["jobs.job_id"], name=name, ondelete="CASCADE")


def _rule(name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{name}"))
