"""`/v1/audio`: a medium goes in, its words come back in the same answer."""

from contextlib import AsyncExitStack

from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import Conflict
from app.domain.jobs import Job
from app.services.follow import EventKind
from app.services.model_names import ModelNames
from app.web.arrival import refuse_what_does_not_fit
from app.web.body import no_query
from app.web.doors import doors
from app.web.errors import BACK_LATER
from app.web.form import read_form
from app.web.openai_errors import failed, stopped
from app.web.openai_render import answer
from app.web.openai_schemas import TranscriptionForm, TranslationForm, form_fields
from app.web.openai_stream import TranscriptStream
from app.web.presence import GoesOnLater, Presence


async def transcriptions(request: Request) -> Response:
    given, job = await _submitted(request, TranscriptionForm)
    assert isinstance(given, TranscriptionForm)
    if given.stream:
        return await _streamed(request, job)
    return await _answered(request, given, job)


async def translations(request: Request) -> Response:
    return await _answered(request, *await _submitted(request, TranslationForm))


async def _submitted(request: Request, form: type[TranslationForm]) -> tuple[TranslationForm, Job]:
    """A job in the interactive lane; its bytes go straight to disk, however many they are."""
    no_query(request)
    await refuse_what_does_not_fit(request)
    intake = doors(request).intake
    async with read_form(request, intake, intake.receive) as sent:
        upload = sent.file
        given = form.model_validate_strings(form_fields(sent.fields))
        engine = await ModelNames(doors(request).engines).engine(given.model)
    return given, await intake.submit_received(upload, given.job_options(*engine))


async def _answered(request: Request, given: TranslationForm, job: Job) -> Response:
    async with Presence(request, job.job_id) as presence:
        try:
            job = await presence.ended()
            return answer(given, await presence.transcript(job), _headers(job))
        except GoesOnLater as stop:
            return stopped(stop, _headers(job) | BACK_LATER)
        except Conflict:
            return failed(job, _headers(job))


async def _streamed(request: Request, job: Job) -> Response:
    """The status waits for the first words: a medium that cannot be read is no 200."""
    async with AsyncExitStack() as leaving:
        presence = await leaving.enter_async_context(Presence(request, job.job_id))
        try:
            first = await presence.begun()
        except GoesOnLater as stop:
            return stopped(stop, _headers(job) | BACK_LATER)
        try:
            if first.kind is EventKind.DONE:
                await presence.transcript(first.job)
        except Conflict:
            return failed(first.job, _headers(job))
        leaving.pop_all()  # the stream goes on with it
    return TranscriptStream(presence, first, _headers(job))


def _headers(job: Job) -> dict[str, str]:
    """OpenAI's clients show it as `_request_id`; here it is the job's."""
    return {"x-request-id": job.job_id}
