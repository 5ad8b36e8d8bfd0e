"""First filter of what can be heard: sound becomes a transcript."""

from app.domain.crashpoints import reached
from app.domain.jobs import Stage, pcm_key
from app.domain.transcript import Transcript
from app.pipeline.ahead import Ahead
from app.pipeline.extract import with_the_first
from app.pipeline.fetch import source_of
from app.pipeline.fingerprint import outline_of
from app.pipeline.hearing import Hearing
from app.pipeline.report import Stopping
from app.pipeline.source import HeldSource
from app.pipeline.tools import Tools
from app.pipeline.work import Work
from app.ports import MediaExtractor


async def listen(tools: Tools, work: Work) -> None:
    """A transcript once saved stands: an attempt after it goes on with what comes after."""
    transcript = await tools.transcripts.load(work.job.job_id)
    if transcript is None:
        work.ahead = Ahead(tools.embedder)
        transcript = await _heard(tools, work, work.ahead)
    if tools.stopping.is_set():
        raise Stopping("the service stops")
    work.transcript = transcript
    work.asset = await tools.assets.of_job(work.job.job_id)


async def _heard(tools: Tools, work: Work, ahead: Ahead) -> Transcript:
    job, report = work.job, work.report
    if report.stage is not Stage.MEDIA_EXTRACTION:  # else somebody looks at it already
        await report.enter(Stage.MEDIA_EXTRACTION)
    source = await source_of(tools, work)
    transcript = await _of_source(tools, work, ahead, source)
    if not transcript.segments:
        await report.warn("media.no_speech", "nobody was heard to speak")
    await tools.transcripts.save(job, transcript)
    reached("transcript.saved")
    return transcript


async def _of_source(tools: Tools, work: Work, ahead: Ahead, source: HeldSource) -> Transcript:
    outline = await outline_of(source.path)
    target = tools.scratch.path(pcm_key(work.job.job_id))
    reached("extract.begun")

    async def attempt(extractor: MediaExtractor) -> Transcript:
        hearing = Hearing(tools, work, source=source, target=target)
        return await hearing.by(extractor, outline, ahead.overhear(tools.journal))

    return await with_the_first(tools.extractors, source.path, target, attempt)
