"""First filter of what can be heard: sound becomes a transcript."""

from pathlib import Path

from loguru import logger

from app.domain.crashpoints import reached
from app.domain.decoding import DecodingOptions
from app.domain.errors import InvalidRequest, NoAudio
from app.domain.jobs import Job, SourceKind, Stage, pcm_key
from app.domain.media import Audio
from app.domain.transcript import Transcript
from app.pipeline.extract import extract
from app.pipeline.fetch import fetch
from app.pipeline.fingerprint import Look, look, sha256_of
from app.pipeline.report import JobReport, Stopping
from app.pipeline.tools import Tools
from app.pipeline.transcribe import transcribe
from app.pipeline.windows import WindowCutter, windows
from app.pipeline.work import Work
from app.ports import Progress

#: How much of a job's progress each stage takes.
SHARES = {
    Stage.MEDIA_EXTRACTION: (0.0, 0.1),
    Stage.TRANSCRIBING: (0.1, 0.95),
    Stage.EMBEDDING: (0.95, 1.0),
}
#: A medium that yields less than this part of what it declares is reported as truncated.
WHOLE = 0.98


async def listen(tools: Tools, work: Work) -> None:
    """A transcript once saved stands: an attempt after it goes on with what comes after."""
    transcript = await tools.transcripts.load(work.job.job_id)
    if transcript is None:
        transcript = await _heard(tools, work.job, work.report)
    if tools.stopping.is_set():
        raise Stopping("the service stops")
    work.transcript = transcript
    work.asset = await tools.assets.of_job(work.job.job_id)


async def _heard(tools: Tools, job: Job, report: JobReport) -> Transcript:
    if report.stage is not Stage.MEDIA_EXTRACTION:  # else somebody looks at it already
        await report.enter(Stage.MEDIA_EXTRACTION)
    source = await fetch(job, tools.blobs, tools.fetcher, _ignore)
    before = look(source)
    audio = await _extract(tools, job, source, report)
    await _note_bytes(job, source, before, report)
    await report.enter(Stage.TRANSCRIBING)
    transcript = await _transcribe(tools, job, audio, report)
    if not transcript.segments:
        await report.warn("media.no_speech", "nobody was heard to speak")
    await tools.transcripts.save(job, transcript)
    reached("transcript.saved")
    return transcript


async def _extract(tools: Tools, job: Job, source: Path, report: JobReport) -> Audio:
    target = tools.blobs.path(pcm_key(job.job_id))
    progress = _part(report, Stage.MEDIA_EXTRACTION)
    reached("extract.begun")
    audio = await extract(tools.extractors, source, target, progress)
    if audio.samples == 0:
        raise NoAudio(f"{job.source_name} holds no sound")
    reached("extract.done")
    await report.duration(audio.seconds)
    await _warn_if_truncated(audio, report)
    return audio


async def _transcribe(tools: Tools, job: Job, audio: Audio, report: JobReport) -> Transcript:
    progress = _part(report, Stage.TRANSCRIBING)
    named = await _engine_for(tools, job)
    await report.engine(*named)
    async with tools.engines.lease(*named) as engine:
        return await transcribe(
            windows(tools.detector, audio, WindowCutter(tools.max_window)),
            engine,
            decoding_options(job),
            job_id=job.job_id,
            journal=tools.journal,
            reached=lambda seconds: progress(seconds / audio.seconds),
            duration=audio.seconds,
            max_window=tools.max_window,
            stopping=tools.stopping,
        )


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
