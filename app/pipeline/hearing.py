"""A medium is heard while it is still being decoded.

The extractor writes sound, speech detection follows it, and windows go to the engine as soon as
their end is known. Where they are cut depends on the sound alone, never on how fast it came.
"""

import asyncio
from pathlib import Path

from loguru import logger

from app.domain.crashpoints import reached
from app.domain.decoding import DecodingOptions
from app.domain.errors import InvalidRequest, NoAudio
from app.domain.jobs import Job, Stage
from app.domain.media import SAMPLE_RATE, Audio
from app.domain.transcript import Transcript
from app.pipeline.batches import Standing
from app.pipeline.fingerprint import note_bytes
from app.pipeline.recording import Recording
from app.pipeline.report import JobReport
from app.pipeline.schedule import Turns
from app.pipeline.source import HeldSource
from app.pipeline.tools import Tools
from app.pipeline.transcribe import transcribe
from app.pipeline.waveform import keep_waveform
from app.pipeline.windows import WindowCutter, windows
from app.pipeline.work import Work
from app.ports import MediaExtractor, WindowJournal

#: How much of a job's progress each stage takes.
SHARES = {
    Stage.MEDIA_EXTRACTION: (0.0, 0.1),
    Stage.TRANSCRIBING: (0.1, 0.95),
    Stage.EMBEDDING: (0.95, 1.0),
}
#: A medium that yields less than this part of what it declares is reported as truncated.
WHOLE = 0.98
#: Samples with which transcription begins; what is shorter is decoded to its end first. Speech
#: detection asks for as many at once.
ENOUGH = 30 * SAMPLE_RATE


class Hearing:
    """One extractor's go at one medium. What came of it counts only if it reaches the end."""

    def __init__(
        self,
        tools: Tools,
        work: Work,
        *,
        source: HeldSource,
        target: Path,
    ) -> None:
        """`target`: where the sound goes."""
        self._tools, self._work = tools, work
        self._job, self._report = work.job, work.report
        self._source = source
        self._sound = Recording(target)
        #: While windows may be in line, or with the engine.
        self._turns: Turns | None = None
        #: What the extractor raised.
        self._broken: Exception | None = None

    async def by(
        self, extractor: MediaExtractor, outline: str, journal: WindowJournal
    ) -> Transcript:
        """`outline` tells the source from others.

        Raises what extractor or engine raised, whichever came first; the other is stopped then.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._decode_or_withdraw(extractor))
                return await self._transcript(f"{extractor.name} {outline}", journal)
        except ExceptionGroup as errors:
            raise self._broken or errors.exceptions[0] from None

    async def _decode_or_withdraw(self, extractor: MediaExtractor) -> None:
        """A call that is cancelled costs a worker, and many decoders give up only at the end of
        what they decode: calls under way are let end, and the transcript fails for want of sound.
        """
        try:
            await self._decode(extractor)
        except Exception as error:
            self._broken = error
            if self._turns is None:
                raise
            self._sound.fail(error)
            self._turns.withdraw(error)

    async def _decode(self, extractor: MediaExtractor) -> None:
        async with self._source.reading() as source:
            audio = await extractor.extract(source, self._sound.path, self._grow)
            if audio.samples == 0:
                raise NoAudio(f"{self._job.source_name} holds no sound")
        reached("extract.done")
        await self._report.duration(audio.seconds)
        await _warn_if_truncated(audio, self._report)
        await _warn_if_bad(audio, self._report)
        await note_bytes(self._work, self._source)
        self._sound.finish(audio)
        await keep_waveform(self._tools, self._job, self._report, audio)

    def _grow(self, audio: Audio) -> None:
        self._sound.grow(audio)
        if audio.declared_seconds:
            self._tell(Stage.MEDIA_EXTRACTION, audio.seconds / audio.declared_seconds)

    async def _transcript(self, identity: str, journal: WindowJournal) -> Transcript:
        await self._sound.reached(ENOUGH)
        if self._report.stage is not Stage.TRANSCRIBING:  # of an extractor that failed midway
            self._tell(Stage.TRANSCRIBING, 0.0)
            await self._report.enter(Stage.TRANSCRIBING)
        named = await _engine_for(self._tools, self._job)
        await self._report.engine(*named)
        tools = self._tools
        async with (
            tools.engines.lease(*named) as engine,
            tools.schedules.turns(engine, Standing.of(self._job)) as self._turns,
        ):
            return await transcribe(
                windows(tools.detector, self._sound, WindowCutter(tools.max_window)),
                self._turns,
                decoding_options(self._job),
                job_id=self._job.job_id,
                journal=journal,
                reached=self._heard,
                sound=identity,
                duration=lambda: self._sound.seconds or 0.0,
                max_window=tools.max_window,
                stopping=tools.stopping,
            )

    def _heard(self, seconds: float) -> None:
        if whole := self._sound.seconds:
            self._tell(Stage.TRANSCRIBING, seconds / whole)

    def _tell(self, stage: Stage, fraction: float) -> None:
        """A stage's own 0..1 as a part of the whole job's."""
        first, last = SHARES[stage]
        self._report.progress(first + (last - first) * min(fraction, 1.0))


async def _engine_for(tools: Tools, job: Job) -> tuple[str, str]:
    """The one that it began with; where that is no longer known, what it would get now."""
    if job.provider and job.model:
        try:
            return await tools.engines.check(job.provider, job.model)
        except InvalidRequest as error:
            logger.warning("not the engine that it began with: {}", error.message)
    return await tools.engines.check(job.options.provider, job.options.model)


def decoding_options(job: Job) -> DecodingOptions:
    return DecodingOptions(
        language=job.options.language,
        task=job.options.task,
        prompt=job.options.prompt,
        word_timestamps=job.options.word_timestamps,
    )


async def _warn_if_truncated(audio: Audio, report: JobReport) -> None:
    declared = audio.declared_seconds
    if declared is not None and audio.seconds < declared * WHOLE and declared - audio.seconds > 1:
        await report.warn(
            "media.truncated",
            f"the file declares {declared:.1f} s of sound, but {audio.seconds:.1f} s could be read",
        )
    elif declared is None and audio.breaks_off:
        await report.warn(
            "media.truncated",
            f"the file breaks off; it does not declare how long it is, "
            f"and {audio.seconds:.1f} s could be read",
        )


async def _warn_if_bad(audio: Audio, report: JobReport) -> None:
    if audio.bad_samples:
        await report.warn(
            "media.bad_samples",
            f"{audio.bad_samples} samples are no numbers, and were taken for silence",
        )
