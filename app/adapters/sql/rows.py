"""From rows to what the domain talks about."""

from collections.abc import Iterable
from typing import Any

from app.adapters.sql.codec import options_from_json, warnings_from_json
from app.adapters.sql.tables import AttemptRow
from app.domain.jobs import Attempt, Job, JobStatus, SourceKind, Stage


def job_from_row(row: Any, history: Iterable[AttemptRow]) -> Job:
    """`row`: a JobRow, or what `RETURNING` gives of its columns."""
    return Job(
        job_id=row.job_id,
        status=JobStatus(row.status),
        stage=_stage(row.stage),
        progress=row.progress,
        created_at=row.created_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
        source=SourceKind(row.source),
        source_name=row.source_name,
        input_path=row.input_path,
        output_path=row.output_path,
        error_code=row.error_code,
        error_message=row.error_message,
        attempts=row.attempts,
        errors=row.errors,
        crashes=row.crashes,
        deaths=row.deaths,
        dead_letter=row.dead_letter,
        boot_id=row.boot_id,
        options=options_from_json(row.options),
        sha256=row.sha256,
        requester=row.requester,
        home=row.home,
        size=row.size,
        provider=row.provider,
        model=row.model,
        duration=row.duration,
        warnings=warnings_from_json(row.warnings),
        timings=dict(row.timings),
        history=tuple(_attempt(attempt) for attempt in history),
    )


def _attempt(row: AttemptRow) -> Attempt:
    return Attempt(
        number=row.number,
        started_at=row.started_at,
        ended_at=row.ended_at,
        stage=_stage(row.stage),
        error_code=row.error_code,
        error_message=row.error_message,
        error_class=row.error_class,
        exit_status=row.exit_status,
        last_lines=row.last_lines,
    )


def _stage(name: str | None) -> Stage | None:
    return None if name is None else Stage(name)
