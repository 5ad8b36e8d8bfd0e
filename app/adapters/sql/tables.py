"""The tables, as mapped classes. Constraints forbid the states that no job can be in.

`migrations/` makes them; a test holds both to the same schema.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    literal_column,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from app.adapters.sql.columns import Json, Prose, UtcDateTime
from app.domain.jobs import JobStatus, SourceKind, Stage
from app.domain.media_types import MediaType

#: Constraints have names, so that migrations can change them on every database.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

#: A condition that holds no parameter: else no database sees that such an index will do.
LISTED = f"media_type <> '{MediaType.KEYFRAME.value}'"


class Table(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012, SQLAlchemy reads it so
        str: String(),
        int: Integer(),
        float: Float(),
        bool: Boolean(),
        datetime: UtcDateTime(),
        dict[str, Any]: Json,
        list[Any]: Json,
    }


def one_of(column: str, kinds: type[StrEnum]) -> str:
    names = ", ".join(f"'{kind.value}'" for kind in kinds)
    return f"{column} IN ({names})"


def but_keyframes() -> dict[str, Any]:
    """For an index of what a list shows that asks for nothing: a video has thousands of others."""
    return {"sqlite_where": text(LISTED), "postgresql_where": text(LISTED)}


def listed(table: type[Table]) -> ColumnElement[bool]:
    return literal_column(f"{table.__tablename__}.{LISTED}")


def rule(name: str, rule: str) -> CheckConstraint:
    return CheckConstraint(text(rule), name=name)


class JobRow(Table):
    __tablename__ = "jobs"
    __table_args__ = (
        rule("status_known", one_of("status", JobStatus)),
        rule("stage_known", f"stage IS NULL OR {one_of('stage', Stage)}"),
        rule("source_known", one_of("source", SourceKind)),
        rule("progress_range", "progress >= 0 AND progress <= 1"),
        rule("duration_range", "duration IS NULL OR duration >= 0"),
        rule("attempts_counted", "attempts >= 0 AND (status <> 'running' OR attempts > 0)"),
        rule("held_when_running", "(status = 'running') = (boot_id IS NOT NULL)"),
        rule(
            "finished_when_ended",
            "(status IN ('completed', 'failed', 'cancelled')) = (finished_at IS NOT NULL)",
        ),
        rule("failed_says_why", "status <> 'failed' OR error_code IS NOT NULL"),
        rule("no_stale_error", "status NOT IN ('running', 'completed') OR error_code IS NULL"),
        rule("message_has_code", "error_message IS NULL OR error_code IS NOT NULL"),
        rule("completed_is_whole", "status <> 'completed' OR progress = 1"),
        rule("pending_has_no_stage", "status <> 'pending' OR stage IS NULL"),
        rule("stage_clock_runs", "stage_started_at IS NULL OR status = 'running'"),
        rule("errors_counted", "errors >= 0"),
        rule("crashes_counted", "crashes >= 0"),
        rule("deaths_counted", "deaths >= 0"),
        rule("dead_letter_failed", "NOT dead_letter OR status = 'failed'"),
        Index(None, "created_at", "job_id"),
        Index(None, "status", "created_at", "job_id"),
        rule("priority_range", "priority BETWEEN 0 AND 2"),
        Index(None, "dead_letter", "created_at"),
        Index(None, "status", "priority", "created_at", "job_id"),
        rule("media_type_known", one_of("media_type", MediaType)),
        Index("ix_jobs_listed", "created_at", "job_id", **but_keyframes()),
        Index("ix_jobs_listed_by_status", "status", "created_at", "job_id", **but_keyframes()),
        Index("ix_jobs_ended", "finished_at", "job_id", **but_keyframes()),
        rule("reserved_while_pending", "reserved_by IS NULL OR status = 'pending'"),
        # what is kept for a key is summed from it alone
        Index(None, "requester", "source", "size"),
    )

    job_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    status: Mapped[str]
    stage: Mapped[str | None]
    progress: Mapped[float]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    #: When the stage under way was entered, for `timings`.
    stage_started_at: Mapped[datetime | None]
    source: Mapped[str]
    source_name: Mapped[str] = mapped_column(Prose)
    input_path: Mapped[str]
    output_path: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None] = mapped_column(Prose)
    attempts: Mapped[int]
    boot_id: Mapped[str | None]
    options: Mapped[dict[str, Any]]
    duration: Mapped[float | None]
    warnings: Mapped[list[Any]]
    timings: Mapped[dict[str, Any]]
    asset_id: Mapped[str] = mapped_column(Prose, index=True)
    #: Ends paid for since the job was last sent on its way by hand.
    errors: Mapped[int] = mapped_column(server_default=text("0"))
    crashes: Mapped[int] = mapped_column(server_default=text("0"))
    #: In a row, without a window finished in between.
    deaths: Mapped[int] = mapped_column(server_default=text("0"))
    dead_letter: Mapped[bool] = mapped_column(server_default=text("FALSE"))
    #: Rank: 0 goes first.
    priority: Mapped[int] = mapped_column(server_default=text("1"))
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    provider: Mapped[str | None]
    model: Mapped[str | None]
    media_type: Mapped[str] = mapped_column(server_default=text("'audio'"))
    #: Id of an API key.
    requester: Mapped[str | None]
    #: Of a key-frame: the asset id of its video.
    parent_id: Mapped[str | None] = mapped_column(Prose, index=True)
    #: The run of an instance that took it off the queue, and has not claimed it yet.
    reserved_by: Mapped[str | None] = mapped_column(String(36))
    #: Not before then, by the clock of the database: it waits for its next try.
    due_at: Mapped[datetime | None]
    #: The instance on whose machine the file lies; NULL where all can read it.
    home: Mapped[str | None] = mapped_column(Prose)
    #: Bytes of the medium, once known.
    size: Mapped[int | None] = mapped_column(BigInteger)

    history: Mapped[list["AttemptRow"]] = relationship(
        order_by="AttemptRow.number", lazy="raise", viewonly=True
    )


class AttemptRow(Table):
    __tablename__ = "attempts"
    __table_args__ = (
        rule("number_counted", "number > 0"),
        rule("stage_known", f"stage IS NULL OR {one_of('stage', Stage)}"),
        rule("ended_with_error", "error_code IS NULL OR ended_at IS NOT NULL"),
    )

    job_id: Mapped[str] = mapped_column(
        ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    stage: Mapped[str | None]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None] = mapped_column(Prose)
    error_class: Mapped[str | None]
    exit_status: Mapped[int | None]
    last_lines: Mapped[str | None] = mapped_column(Prose)


class BootRow(Table):
    """A run of the service."""

    __tablename__ = "boots"

    boot_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    begun_at: Mapped[datetime]
    #: Of the instance.
    name: Mapped[str | None] = mapped_column(Prose)
    #: Which store it keeps files in.
    files: Mapped[str | None] = mapped_column(String(36))
    #: When it last told that it lives, by the clock of the database.
    seen_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    #: Jobs that it runs at once.
    places: Mapped[int] = mapped_column(server_default=text("1"))
    #: That must be the same at all instances, by name.
    settings: Mapped[dict[str, Any] | None]


class RequestKeyRow(Table):
    __tablename__ = "request_keys"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.job_id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


class WindowRow(Table):
    __tablename__ = "windows"

    job_id: Mapped[str] = mapped_column(
        ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True
    )
    params_hash: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: In samples of 16 kHz, from the beginning of the medium.
    first_sample: Mapped[int] = mapped_column(BigInteger)
    samples: Mapped[int] = mapped_column(BigInteger)
    result: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]


class TranscriptRow(Table):
    __tablename__ = "transcripts"

    job_id: Mapped[str] = mapped_column(
        ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True
    )
    #: Unique: an asset has one transcript, that of the job which took it in last.
    asset_id: Mapped[str] = mapped_column(Prose, unique=True)
    #: Stands before the long columns: SQLite would have to read through those to come to it.
    created_at: Mapped[datetime]
    provider: Mapped[str]
    model: Mapped[str]
    #: Seconds of audio in the medium.
    duration: Mapped[float]
    language: Mapped[dict[str, Any] | None] = mapped_column(Json)
    segments: Mapped[list[Any]]
    text: Mapped[str] = mapped_column(Prose)
    #: NULL until they were looked for.
    topics: Mapped[list[Any] | None] = mapped_column(Json)
    chapters: Mapped[list[Any] | None] = mapped_column(Json)
    #: NULL where it was saved before they were told.
    repairs: Mapped[list[Any] | None] = mapped_column(Json)
