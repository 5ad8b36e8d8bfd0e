"""A late step: naming what was spoken about. It never costs the transcript."""

from dataclasses import replace

from loguru import logger

from app.domain.jobs import Job, Task
from app.domain.transcript import Transcript
from app.pipeline.embed import Warn
from app.pipeline.report import told
from app.pipeline.tools import Tools
from app.pipeline.work import Work
from app.ports import TopicFinder, TranscriptStore

#: Code of the one trouble that another try does not pass.
UNAVAILABLE = "topics.unavailable"


async def name_topics(tools: Tools, work: Work) -> None:
    if work.transcript is not None:
        work.transcript = await with_topics(
            work.job, work.transcript, tools.topics, tools.transcripts, work.report.warn
        )


async def with_topics(
    job: Job,
    transcript: Transcript,
    finder: TopicFinder,
    transcripts: TranscriptStore,
    warn: Warn,
) -> Transcript:
    """The transcript with its topics, noted, if the job asks for them and they are not there yet.

    A failure, be it a fault of ours, is a warning.
    """
    if not job.options.topics or transcript.topics is not None:
        return transcript
    try:
        said = [segment.text for segment in transcript.segments]
        topics = tuple(await finder.find(said, language_of(job, transcript)))
        await transcripts.note_topics(job.job_id, topics)
    except Exception as error:
        missing = getattr(error, "code", "") == UNAVAILABLE
        await warn(UNAVAILABLE if missing else "topics.failed", f"no topics: {told(error)}")
        return transcript
    logger.info("{} topics found", len(topics))
    return replace(transcript, topics=topics)


def language_of(job: Job, transcript: Transcript) -> str | None:
    """In which the transcript is written."""
    if job.options.task is Task.TRANSLATE:
        return "en"
    detected = transcript.language_detection
    return job.options.language or (detected.language if detected else None)
