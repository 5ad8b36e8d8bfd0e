"""What is known of jobs: rows, windows, transcripts, hints."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from app.domain.boots import Boot
from app.domain.errors import SpoolError
from app.domain.jobs import (
    IdempotencyKey,
    Job,
    JobCounts,
    JobOptions,
    JobPage,
    JobStatus,
    JobWarning,
    Priority,
    SourceKind,
    Stage,
    Swept,
)
from app.domain.media import AudioWindow, Span
from app.domain.media_types import MediaType
from app.domain.quotas import Usage
from app.domain.retention import Expiry
from app.domain.transcript import Chapter, Topic, Transcript, WindowTranscript


class JobStore(Protocol):
    """The only truth about jobs. Every change of state is one guarded statement with a name.

    The verbs that take a claimed `Job` are fenced by its `attempts` and `boot_id`: they return
    False (and change nothing) when the job is no longer held by that claim.
    """

    async def add(
        self,
        *,
        job_id: str,
        source: SourceKind,
        source_name: str,
        input_path: str,
        options: JobOptions,
        key: IdempotencyKey | None = None,
        sha256: str | None = None,
        requester: str | None = None,
        size: int | None = None,
        held: Job | None = None,
    ) -> Job:
        """Commit a pending job, durable when this returns.

        When `key` was used within a day, the job that it named then, with another id, is the
        answer, and nothing changes. Raises InvalidRequest when it named something else.

        With `held`, for that job: raises Conflict `job.claim_lost`, and adds none, once another
        claim holds it, or none does.
        """
        ...

    async def answered(self, key: IdempotencyKey) -> Job | None:
        """The job that `key` named within a day. Raises InvalidRequest as `add` does."""
        ...

    async def answer(self, key: IdempotencyKey, job_id: str) -> Job | None:
        """Let `key` name a job that there is already; None when it is gone.

        The answer is the job that the key named before, if any. Raises InvalidRequest as `add`.
        """
        ...

    async def get(self, job_id: str) -> Job | None:
        """The job with its history, or None."""
        ...

    async def list(
        self,
        *,
        status: JobStatus | None = None,
        dead_letter: bool | None = None,
        media_type: MediaType | None = None,
        frames: bool = False,
        sha256: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> JobPage:
        """Newest first. Raises InvalidRequest on a cursor that this store did not make.

        A video has thousands of key-frames: they are left out unless asked for, by their kind or,
        among others, by `frames`. Dead letters are all there.
        """
        ...

    async def count(self) -> JobCounts:
        """All of one moment."""
        ...

    async def dead_letters(self) -> int:
        """How many jobs wait for somebody to look at them."""
        ...

    async def known(self, job_ids: Sequence[str]) -> set[str]:
        """Those of `job_ids` that have a row."""
        ...

    async def pending(self) -> dict[str, Priority]:
        """All pending jobs, in the order of their turns: by priority, then by age."""
        ...

    async def ahead(self, job: Job) -> int:
        """How many pending jobs have their turn before this one."""
        ...

    async def completed_with(self, sha256: str) -> Sequence[Job]:
        """Completed jobs on the same bytes, newest first."""
        ...

    async def of_asset(self, asset_id: str, *, under_way: bool = False) -> Sequence[str]:
        """Ids of all jobs that took the asset in or looked at it again, newest first; or only of
        those that are under way."""
        ...

    async def of_frames(self, video_id: str, *, before: datetime | None = None) -> Sequence[str]:
        """Ids of all jobs on key-frames of a video, or of those that were committed before then."""
        ...

    async def newest(self, asset_ids: Sequence[str], *, living: bool = False) -> dict[str, Job]:
        """By asset, the job that was taken in last; none for assets without one.

        `living`: of those that take the asset in, and did not come to nothing.
        """
        ...

    async def overtaken(self, asset_id: str | None = None) -> Sequence[str]:
        """Ids of jobs under way that take in an asset which a later job under way takes in anew;
        those on one asset, or on all."""
        ...

    async def claim(self, job_id: str, boot_id: str) -> Job | None:
        """pending -> running, attempt counted; None when another took it or it is not pending."""
        ...

    async def advance(self, job: Job, stage: Stage) -> bool:
        """Enter `stage`. Adds the wall time of the stage that ends to `timings`."""
        ...

    async def note_progress(self, job: Job, progress: float) -> bool: ...

    async def note_duration(self, job: Job, seconds: float) -> bool: ...

    async def note_engine(self, job: Job, provider: str, model: str) -> bool:
        """The engine that the job has from now on, whatever the default becomes."""
        ...

    async def note_sha256(self, job: Job, sha256: str, size: int | None = None) -> bool:
        """Of the bytes that were heard, and how many they are."""
        ...

    async def warn(self, job: Job, warning: JobWarning) -> bool:
        """Add a warning; the same code twice keeps the later message."""
        ...

    async def succeed(self, job: Job, *, output_path: str | None) -> bool:
        """running -> completed."""
        ...

    async def fail(self, job: Job, error: SpoolError, *, dead_letter: bool = False) -> bool:
        """running -> failed, with the error's code and message; ends the attempt's history row."""
        ...

    async def retry(self, job: Job, error: SpoolError, *, after: float = 0.0) -> bool:
        """running -> pending after a failure, which is paid from the error's budget.

        A lasting queue does not give it out for so many seconds.
        """
        ...

    async def release(self, job: Job) -> bool:
        """running -> pending through no fault of the job; the attempt is given back."""
        ...

    async def cancel(self, job_id: str, *, overtaken: bool = False) -> bool:
        """pending or running -> cancelled; the claim is lost with it.

        `overtaken`: not on request, but since a later job takes the same asset in.
        """
        ...

    async def reopen(self, job: Job) -> bool:
        """Ended -> pending, with fresh budgets; False when it is no longer as `job` shows it.

        Warnings of stages that will run again are taken back, and so is the engine unless its
        transcript is saved: the job is heard by the one that it would get as a new one.
        """
        ...

    async def make_good(self, job_id: str) -> None:
        """A late stage of a completed job was made up for: its warnings are taken back."""
        ...

    async def used(self, requester: str) -> Usage:
        """What is kept for an API key: its jobs and its uploads under way; of files that were read
        in place the bytes do not count."""
        ...

    async def expired(self, expiry: Expiry, limit: int) -> Sequence[Job]:
        """Jobs whose time is over by it, oldest first."""
        ...

    async def delete(self, job_id: str, *, expiry: Expiry | None = None) -> bool:
        """The row of a job that has ended or not begun, and all rows that hang on it.

        With `expiry`, only of one that `expired` would give.
        """
        ...

    async def delete_all(self, job_ids: Sequence[str], *, held: Job | None = None) -> Sequence[Job]:
        """`delete` in one go, of a thousand at most; those that went, as they were.

        With `held`, for that job: raises Conflict `job.claim_lost`, and deletes none, once another
        claim holds it.
        """
        ...

    async def sweep(self, boot_id: str, silent_for: float | None = None) -> Swept:
        """What another run left running becomes pending, or fails as a dead letter.

        The latter when it has run alone already, for being suspect, and died with the service.
        With `silent_for`, only what is held by runs that have ended, or told for so many seconds
        not that they live; without, by all others.
        """
        ...


class BootLog(Protocol):
    """The runs of the service that the database knows of."""

    async def known(self, boot_id: str) -> bool: ...

    async def begin(
        self,
        boot_id: str,
        *,
        name: str = "",
        places: int = 1,
        files: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """It lives. Durable when this returns; told twice it is the same run."""
        ...

    async def beat(self, boot_id: str) -> bool:
        """It still lives; False when it was ended meanwhile: it holds nothing any more."""
        ...

    async def living(self, silent_for: float) -> Sequence[Boot]:
        """Those that have not ended, and told within so many seconds that they live."""
        ...

    async def end(self, boot_id: str) -> None:
        """It holds nothing any more; one that nobody knows is fine."""
        ...

    async def inherit(self, boot_id: str, name: str) -> None:
        """Jobs on files of the instance whose run that was are those of the instance `name`."""
        ...


class WindowJournal(Protocol):
    """Finished windows, committed one by one, so that a killed job goes on at the next.

    `params_hash` names engine, model, options and the way windows are cut: results under
    another hash are never mixed in.
    """

    async def done(self, job_id: str, params_hash: str) -> dict[int, tuple[Span, WindowTranscript]]:
        """By number, each with its place in the sound."""
        ...

    async def record(
        self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
    ) -> None:
        """Durable when this returns; recording a window twice keeps the first, unless the second
        has another place: how far a decode goes differs, and with it where its last window ends.

        It shows that the job does not kill the service: its count of deaths begins anew, unless
        another run holds it by now.
        """
        ...


class TranscriptStore(Protocol):
    async def save(self, job: Job, transcript: Transcript) -> None:
        """Replace the transcript of the job's asset. Durable when this returns.

        The asset is then that of the job, and not indexed until it is marked.
        """
        ...

    async def load(self, job_id: str) -> Transcript | None: ...

    async def has(self, job_id: str) -> bool:
        """Whether `load` would find one."""
        ...

    async def partial(self, job_id: str, first: int = 0) -> Sequence[WindowTranscript]:
        """Windows of a running job finished so far, in time order, of its newest params_hash.

        None with a number below `first`.
        """
        ...

    async def note_topics(self, job_id: str, topics: Sequence[Topic]) -> None:
        """Kept with the transcript of the job, if it still has one. Durable when this returns."""
        ...

    async def note_chapters(self, job_id: str, chapters: Sequence[Chapter]) -> None:
        """As `note_topics`."""
        ...

    async def note_speakers(self, job_id: str, speakers: Sequence[str | None]) -> None:
        """Who says each segment, in order, without touching what they say. As `note_topics`.

        Nothing is noted unless there are as many segments as `speakers`.
        """
        ...


class JobQueue(Protocol):
    """Hints about what to look at; the database decides. Payload: `{"job_id": "<uuid>"}`."""

    #: All pending jobs are in it by themselves, and outlive the service there.
    lasting: bool

    async def enqueue(
        self, payload: dict[str, str], priority: Priority = Priority.NORMAL, after: float = 0.0
    ) -> None:
        """It comes out after so many seconds at the earliest.

        What was taken off a lasting queue, and not claimed, is given back with `after` only.
        """
        ...

    async def dequeue(self, lowest: Priority = Priority.BATCH) -> dict[str, str]:
        """Wait for the next payload by priority, then by age; none that is below `lowest`."""
        ...

    def size(self) -> int:
        """How many wait; of a lasting queue, as of its last look."""
        ...
