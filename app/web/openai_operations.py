"""What the routes under `/v1` take and answer."""

from typing import Annotated

from pydantic import Field, RootModel

from app.domain.keys import Scope
from app.web import openai_schemas as schemas
from app.web.operation import EVENTS, FORM, JSON, Answer, Operation
from app.web.schemas import NoQuery

TAG = "openai"
JOB = {"x-request-id": "The job's id, as `/api/v1/jobs` knows it."}
REFUSALS = (400, 403, 404, 413, 502, 503, 507)
WORDS = {"text/plain": None}

Medium = Annotated[bytes, Field(description="The medium itself, of any size.")]


class TranscriptionUpload(schemas.TranscriptionForm):
    file: Medium


class TranslationUpload(schemas.TranslationForm):
    file: Medium


class AudioAnswer(RootModel[schemas.PlainAnswer | schemas.VerboseAnswer]):
    """As `json` and as `verbose_json`."""


TRANSCRIBE = Operation(
    name="create_transcription",
    summary="Speech to text, in one answer",
    tag=TAG,
    scope=Scope.INGEST,
    description=(
        "As OpenAI's, of any size. The job runs before all others; it is cancelled when the client "
        "hangs up. `temperature` is not used. With `stream` the answer is server-sent events, "
        "`transcript.text.delta` for each segment and `transcript.text.done` at the end."
    ),
    query=NoQuery,
    body={FORM: TranscriptionUpload},
    answers={
        200: Answer(
            description="The words, as `response_format` asks for them.",
            content={JSON: AudioAnswer, **WORDS, EVENTS: None},
            headers=JOB,
        )
    },
    refusals=REFUSALS,
    openai=True,
)

TRANSLATE = Operation(
    name="create_translation",
    summary="Speech in any language to English text, in one answer",
    tag=TAG,
    scope=Scope.INGEST,
    query=NoQuery,
    body={FORM: TranslationUpload},
    answers={
        200: Answer(
            description="The words, as `response_format` asks for them.",
            content={JSON: AudioAnswer, **WORDS},
            headers=JOB,
        )
    },
    refusals=REFUSALS,
    openai=True,
)

LIST_MODELS = Operation(
    name="list_openai_models",
    summary="What may be asked for as `model`",
    tag=TAG,
    scope=Scope.READ,
    query=NoQuery,
    answers={200: Answer(description="All of them.", content={JSON: schemas.ModelList})},
    refusals=(400,),
    openai=True,
)

GET_MODEL = Operation(
    name="get_openai_model",
    summary="One model",
    tag=TAG,
    scope=Scope.READ,
    query=NoQuery,
    answers={200: Answer(description="There is one.", content={JSON: schemas.Model})},
    refusals=(400, 404),
    openai=True,
)
