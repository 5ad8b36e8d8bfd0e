"""One job on the screen, with all its attempts."""

from collections.abc import Iterator

from app.cli.screen import moment, plain, print_fields
from app.client import Attempt, Job
from app.domain.playing_time import clock


def print_job(job: Job) -> None:
    print_fields(_fields(job))
    for attempt in job.history:
        print(f"{attempt.number}. {moment(attempt.started_at)}  in {attempt.stage}")
        print(f"   {plain(_how_it_ended(attempt))}")
        for line in (attempt.last_lines or "").splitlines():
            print(f"   | {plain(line)}")


def _fields(job: Job) -> Iterator[tuple[str, str]]:
    done = f" {job.progress:.0%}" if not job.ended else ""
    yield "job", job.job_id
    yield "title", job.title
    yield "status", f"{job.status}{done}{', a dead letter' if job.dead_letter else ''}"
    yield "ends in", f"{clock(job.eta)} or so" if job.eta is not None and not job.ended else ""
    yield "in line", str(job.queue_position or "")
    yield "asset", job.asset_id
    yield "source", f"{job.source.kind} {job.source.name}".strip()
    yield "engine", f"{job.provider} {job.model or ''}".rstrip() if job.provider else ""
    yield "lasts", clock(job.duration) if job.duration else ""
    yield "came", moment(job.created_at)
    yield "ended", moment(job.finished_at)
    yield "took", ", ".join(f"{stage} {took:.1f} s" for stage, took in job.timings.items())
    yield "options", ", ".join(f"{name}={value}" for name, value in job.options.items())
    for warning in job.warnings:
        yield "warning", f"{warning.code}: {warning.message}"
    if job.error is not None:
        yield "error", f"{job.error.code}: {job.error.message}"


def _how_it_ended(attempt: Attempt) -> str:
    if attempt.error_code is None:
        return "went well" if attempt.ended_at else "under way"
    kind = attempt.error_class or attempt.error_code
    status = attempt.exit_status
    left = "" if status is None else f" (exit status {status})"
    return f"{kind}: {attempt.error_message}{left}"
