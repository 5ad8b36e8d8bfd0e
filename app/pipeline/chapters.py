"""A late step: where talk turns to another subject. It never costs the transcript."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from loguru import logger

from app.domain.transcript import Chapter, Segment
from app.pipeline.moments import Passage, ends_sentence
from app.pipeline.report import told
from app.pipeline.tools import Tools
from app.pipeline.topics import language_of
from app.pipeline.work import Work

#: Seconds of a passage, and how much longer it waits for the end of a sentence.
LENGTH, PATIENCE = 15.0, 10.0
#: Passages of a very long medium; they are longer there.
MOST = 1200


async def name_chapters(tools: Tools, work: Work) -> None:
    """They come with the topics. A failure, be it a fault of ours, is a warning."""
    transcript = work.transcript
    if transcript is None or not work.job.options.topics or transcript.chapters is not None:
        return
    try:
        said = tuple(passages(transcript.segments))
        language = language_of(work.job, transcript)
        found = await tools.chapters.find([passage.text for passage in said], language)
        chapters = tuple(_chapters(said, found))
        await tools.transcripts.note_chapters(work.job.job_id, chapters)
    except Exception as error:
        await work.report.warn("chapters.failed", f"no chapters: {told(error)}")
        return
    logger.info("{} chapters found", len(chapters))
    work.transcript = replace(transcript, chapters=chapters)


def passages(segments: Sequence[Segment], most: int = MOST) -> Iterator[Passage]:
    """Segments put together, up to the end of a sentence where one is near."""
    spoken = [segment for segment in segments if segment.text.strip()]
    length = max(LENGTH, _seconds(spoken) / most)
    begun: list[Segment] = []
    for segment in spoken:
        if begun and _whole(begun, segment, length):
            yield _passage(begun)
            begun = []
        begun.append(segment)
    if begun:
        yield _passage(begun)


def _seconds(segments: Sequence[Segment]) -> float:
    return segments[-1].end - segments[0].start if segments else 0.0


def _whole(begun: Sequence[Segment], following: Segment, length: float) -> bool:
    """Whether a passage is long enough to end before the next segment."""
    seconds = following.start - begun[0].start
    return seconds >= length + PATIENCE or (seconds >= length and ends_sentence(begun[-1].text))


def _passage(segments: Sequence[Segment]) -> Passage:
    text = " ".join(segment.text.strip() for segment in segments)
    return Passage(start=segments[0].start, end=segments[-1].end, text=text)


def _chapters(said: Sequence[Passage], found: Sequence[tuple[int, str]]) -> Iterator[Chapter]:
    """Each ends where the next one begins, and the last one with the last word."""
    bounds = [*(said[first].start for first, _ in found), *(said[-1].end for _ in found[:1])]
    for (start, end), (_, title) in zip(pairwise(bounds), found, strict=True):
        yield Chapter(start=start, end=end, title=title)
