"""A late step: who speaks. It never costs the transcript."""

from dataclasses import replace
from pathlib import Path

from loguru import logger

from app.domain.errors import ModelError
from app.domain.jobs import pcm_key
from app.domain.media import SAMPLE_BYTES, SAMPLE_RATE, Audio, Span
from app.domain.transcript import Segment, Transcript
from app.pipeline.extract import extract
from app.pipeline.fetch import source_of
from app.pipeline.report import told
from app.pipeline.tools import Tools
from app.pipeline.work import Work


async def tell_speakers(tools: Tools, work: Work) -> None:
    """If the job asks for them and they are not told yet.

    A failure, be it a fault of ours, is a warning.
    """
    transcript = work.transcript
    if transcript is None or not work.job.options.diarize or transcript.speakers:
        return
    try:
        labels = await _labels(tools, work, transcript)
        await tools.transcripts.note_speakers(work.job.job_id, labels)
    except Exception as error:
        missing = isinstance(error, ModelError)
        code = "speakers.unavailable" if missing else "speakers.failed"
        await work.report.warn(code, f"speakers are not told apart: {told(error)}")
        return
    pairs = zip(transcript.segments, labels, strict=True)
    segments = tuple(replace(segment, speaker=label) for segment, label in pairs)
    work.transcript = replace(transcript, segments=segments)
    logger.info("{} speakers told apart", len(work.transcript.speakers))


async def _labels(tools: Tools, work: Work, transcript: Transcript) -> list[str | None]:
    """One for each segment, in order."""
    if not transcript.segments:
        return []
    audio = await _sound(tools, work, transcript.duration)
    spans = [_span(segment, audio) for segment in transcript.segments]
    numbers = await tools.speakers.find(audio, spans)
    return [None if number is None else f"Speaker {number + 1}" for number in numbers]


def _span(segment: Segment, audio: Audio) -> Span:
    """Engines set an end now and then behind that of the sound."""
    last = min(round(segment.end * SAMPLE_RATE), audio.samples)
    first = min(max(round(segment.start * SAMPLE_RATE), 0), last)
    return Span(first=first, last=last)


async def _sound(tools: Tools, work: Work, seconds: float) -> Audio:
    """As it was decoded for the transcript; anew where only that is left of an earlier attempt."""
    target = tools.scratch.path(pcm_key(work.job.job_id))
    if audio := _whole(target, seconds):
        return audio
    held = await source_of(tools, work)
    async with held.reading() as source:
        return await extract(tools.extractors, source, target, _ignore)


def _whole(target: Path, seconds: float) -> Audio | None:
    """None also of a file that a crash cut short."""
    samples = target.stat().st_size // SAMPLE_BYTES if target.exists() else 0
    whole = samples > 0 and samples >= round(seconds * SAMPLE_RATE)
    return Audio(path=target, samples=samples) if whole else None


def _ignore(so_far: object) -> None:
    """It moves no bar: what the job waits for is there."""
