"""The line every job walks, from source to searchable moments."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from loguru import logger

from app.domain.crashpoints import reached
from app.domain.decoding import DecodingOptions
from app.domain.errors import InvalidRequest, NoAudio
from app.domain.jobs import Job, SourceKind, Stage, pcm_key
from app.domain.media import Audio
from app.domain.transcript import Transcript
from app.pipeline.embed import embed
from app.pipeline.extract import extract
from app.pipeline.fetch import fetch
from app.pipeline.fingerprint import Look, look, sha256_of
from app.pipeline.report import JobReport, Stopping
from app.pipeline.topics import with_topics
from app.pipeline.transcribe import transcribe
from app.pipeline.windows import WindowCutter, windows
from app.ports import (
    BlobStore,
    Embedder,
    EngineLeases,
    MediaExtractor,
    MediaFetcher,
    Progress,
    SpeechDetector,
    TopicFinder,
    TranscriptStore,
    VectorIndex,
    WindowJournal,
)

#: How much of a job's progress each stage takes.
SHARES = {
    Stage.MEDIA_EXTRACTION: (0.0, 0.1),
    Stage.TRANSCRIBING: (0.1, 0.95),
    Stage.EMBEDDING: (0.95, 1.0),
}
#: A medium that yields less than this part of what it declares is reported as truncated.
WHOLE = 0.98


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The tools along the line. One serves all jobs."""

    blobs: BlobStore
    fetcher: MediaFetcher
    extractors: Sequence[MediaExtractor]
    detector: SpeechDetector
    engines: EngineLeases
    journal: WindowJournal
    transcripts: TranscriptStore
    embedder: Embedder
    topics: TopicFinder
    index: VectorIndex
    max_window: float
    #: Set when the service stops: no window is begun any more.
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, job: Job, report: JobReport) -> Transcript:
        """Walk the whole line. Raises SpoolError; a late stage never costs an earlier result.

        A transcript once saved stands: an attempt after it runs the stages after it.
        """
        transcript = await self.transcripts.load(job.job_id)
        if transcript is None:
            transcript = await self._listen(job, report)
        if self.stopping.is_set():
            raise Stopping("the service stops")
        await report.enter(Stage.EMBEDDING)
        await embed(job, transcript, self.embedder, self.index, self.transcripts, report.warn)
        return await with_topics(job, transcript, self.topics, self.transcripts, report.warn)

    async def _listen(self, job: Job, report: JobReport) -> Transcript:
        await report.enter(Stage.MEDIA_EXTRACTION)
        source = await fetch(job, self.blobs, self.fetcher, _ignore)
        before = look(source)
        audio = await self._extract(job, source, report)
        await _note_bytes(job, source, before, report)
        await report.enter(Stage.TRANSCRIBING)
        transcript = await self._transcribe(job, audio, report)
        if not transcript.segments:
            await report.warn("media.no_speech", "nobody was heard to speak")
        await self.transcripts.save(job, transcript)
        reached("transcript.saved")
        return transcript

    async def _extract(self, job: Job, source: Path, report: JobReport) -> Audio:
        target = self.blobs.path(pcm_key(job.job_id))
        progress = _part(report, Stage.MEDIA_EXTRACTION)
        reached("extract.begun")
        audio = await extract(self.extractors, source, target, progress)
        if audio.samples == 0:
            raise NoAudio(f"{job.source_name} holds no sound")
        reached("extract.done")
        await report.duration(audio.seconds)
        await _warn_if_truncated(audio, report)
        return audio

    async def _transcribe(self, job: Job, audio: Audio, report: JobReport) -> Transcript:
        progress = _part(report, Stage.TRANSCRIBING)
        named = await self._engine_for(job)
        await report.engine(*named)
        async with self.engines.lease(*named) as engine:
            return await transcribe(
                windows(self.detector, audio, WindowCutter(self.max_window)),
                engine,
                decoding_options(job),
                job_id=job.job_id,
                journal=self.journal,
                reached=lambda seconds: progress(seconds / audio.seconds),
                duration=audio.seconds,
                max_window=self.max_window,
                stopping=self.stopping,
            )

    async def _engine_for(self, job: Job) -> tuple[str, str]:
        """The one that it began with; where that is no longer known, what it would get now."""
        if job.provider and job.model:
            try:
                return await self.engines.check(job.provider, job.model)
            except InvalidRequest as error:
                logger.warning("not the engine that it began with: {}", error.message)
        return await self.engines.check(job.options.provider, job.options.model)


def decoding_options(job: Job) -> DecodingOptions:
    return DecodingOptions(
        language=job.options.language,
        task=job.options.task,
        prompt=job.options.prompt,
        word_timestamps=job.options.word_timestamps,
    )


def _part(report: JobReport, stage: Stage) -> Progress:
    """A stage's own 0..1 as a part of the whole job's."""
    first, last = SHARES[stage]
    return lambda fraction: report.progress(first + (last - first) * fraction)


def _ignore(fraction: float) -> None:
    """A download's length is often unknown: it moves no bar."""


async def _note_bytes(job: Job, source: Path, before: Look | None, report: JobReport) -> None:
    """What came as a path may be another file by now than when it was taken in."""
    if job.source is SourceKind.PATH or job.sha256 is None:
        if sha256 := await sha256_of(source, before):
            await report.sha256(sha256)


async def _warn_if_truncated(audio: Audio, report: JobReport) -> None:
    declared = audio.declared_seconds
    if declared is not None and audio.seconds < declared * WHOLE and declared - audio.seconds > 1:
        await report.warn(
            "media.truncated",
            f"the file declares {declared:.1f} s of sound, but {audio.seconds:.1f} s could be read",
        )
