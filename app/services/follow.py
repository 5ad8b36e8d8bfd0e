"""A job as a stream of events, told from the database: who comes back goes on where he was."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from app.domain.errors import NotFound
from app.domain.jobs import Job, JobStatus, Stage
from app.domain.transcript import Segment, WindowTranscript
from app.ports import JobStore, TranscriptStore
from app.services.watch import LOOK, JobWatch

#: Attempt and run of the service.
Claim: TypeAlias = tuple[int, str | None]


class EventKind(StrEnum):
    #: The status, the stage or the attempt changed.
    STATE = "state"
    PROGRESS = "progress"
    #: One more segment of the transcript.
    SEGMENT = "segment"
    #: The job has ended, and all of its segments were told: nothing follows.
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class JobEvent:
    kind: EventKind
    job: Job
    #: Segments told so far, this one included: `follow` with it as `after` goes on from here.
    told: int
    #: Of kind SEGMENT only.
    segment: Segment | None = None


class JobFollower:
    def __init__(self, store: JobStore, transcripts: TranscriptStore, watch: JobWatch) -> None:
        self._store, self._transcripts, self._watch = store, transcripts, watch

    @property
    def closed(self) -> bool:
        """The service stops."""
        return self._watch.closed

    async def follow(self, job_id: str, after: int = 0) -> AsyncGenerator[JobEvent, None]:
        """What the job is and becomes. The first `after` segments are left out.

        Segments come in the order of time: a window that is finished early waits for those
        before it. Ends after DONE; without it when the job is deleted or the service stops.
        Raises NotFound at the first step when there is no such job.
        """
        reel = _Reel(after)
        seen: Job | None = None
        with self._watch.subscribe(job_id) as changes:
            while job := await self._store.get(job_id):
                for event in await self._news(job, seen, reel):
                    yield event
                if job.status.ended or self._watch.closed:
                    return
                seen = job
                await changes.wait(LOOK)
        if seen is None:
            raise NotFound(f"no job {job_id}", code="job.not_found")

    async def _news(self, job: Job, seen: Job | None, reel: "_Reel") -> list[JobEvent]:
        """All that is new since `seen`."""
        kinds = [EventKind.STATE] if seen is None or _state(job) != _state(seen) else []
        if seen is None or job.progress != seen.progress:
            kinds.append(EventKind.PROGRESS)
        news = [JobEvent(kind=kind, job=job, told=reel.told) for kind in kinds]
        for segment in await self._segments(job, reel):
            reel.told += 1
            news.append(JobEvent(kind=EventKind.SEGMENT, job=job, told=reel.told, segment=segment))
        if job.status.ended:
            news.append(JobEvent(kind=EventKind.DONE, job=job, told=reel.told))
        return news

    async def _segments(self, job: Job, reel: "_Reel") -> Sequence[Segment]:
        if job.status.ended and (whole := await self._transcripts.load(job.job_id)):
            return whole.segments[reel.told :]
        claim = job.attempts, job.boot_id
        if reel.claim != claim:  # it may cut its windows another way
            reel.rewind(claim)
        return reel.forward(await self._transcripts.partial(job.job_id, reel.window))


class _Reel:
    """How far the windows of a job were told."""

    def __init__(self, told: int) -> None:
        #: Segments.
        self.told = told
        self.rewind((0, None))

    def rewind(self, claim: Claim) -> None:
        """Windows are read from the first; what was told is not told again."""
        self.claim = claim
        #: The first window that is not passed.
        self.window = 0
        #: Segments in the windows before it.
        self._passed = 0

    def forward(self, windows: Sequence[WindowTranscript]) -> list[Segment]:
        """Segments not told before, up to the first window that is not finished."""
        fresh: list[Segment] = []
        for window in windows:
            if window.number != self.window:
                break
            fresh += window.segments[max(0, self.told - self._passed) :]
            self._passed += len(window.segments)
            self.window += 1
        return fresh


def _state(job: Job) -> tuple[JobStatus, Stage | None, int]:
    return job.status, job.stage, job.attempts
