"""What OpenAI's clients send to `/v1/audio`, and what they are answered."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from app.domain.errors import InvalidRequest
from app.domain.jobs import JobOptions, Priority, Task
from app.web.answers import Answered
from app.web.body import unique
from app.web.schemas import Given, Name

Granularity = Literal["word", "segment"]
#: Sent as `name[]=...`, once for each; a few clients leave the brackets out.
GRANULARITIES = "timestamp_granularities[]"


def _listed(value: object) -> object:
    return value.split(",") if isinstance(value, str) else value


Granularities = Annotated[
    tuple[Granularity, ...],
    BeforeValidator(_listed),
    Field(alias=GRANULARITIES, strict=False, max_length=4),
]


class TranslationForm(Given):
    """The form fields beside `file`. Empty ones count as left out."""

    model: Name
    prompt: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] | None = None
    response_format: Literal["json", "text", "srt", "vtt", "verbose_json"] = "json"
    #: Taken for compatibility, and not used: nothing is left to chance here.
    temperature: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0

    def job_options(self, provider: str | None, model: str | None) -> JobOptions:
        return JobOptions(
            task=Task.TRANSLATE,
            provider=provider,
            model=model,
            prompt=self.prompt,
            priority=Priority.INTERACTIVE,
            keyframes=False,  # somebody waits for the words
        )


class TranscriptionForm(TranslationForm):
    language: Name | None = None
    timestamp_granularities: Granularities = ("segment",)
    stream: bool = False
    #: Sound is always cut at pauses, which is what `auto` asks for.
    chunking_strategy: Literal["auto"] | None = None

    @model_validator(mode="after")
    def _go_together(self) -> "TranscriptionForm":
        given = self.model_fields_set
        if "timestamp_granularities" in given and self.response_format != "verbose_json":
            raise InvalidRequest(f"{GRANULARITIES}: needs response_format=verbose_json")
        if self.stream and self.response_format not in ("json", "text"):
            raise InvalidRequest("stream: goes with response_format json or text")
        return self

    def job_options(self, provider: str | None, model: str | None) -> JobOptions:
        return (
            super()
            .job_options(provider, model)
            .evolve(
                task=Task.TRANSCRIBE,
                language=self.language,
                word_timestamps="word" in self.timestamp_granularities,
            )
        )


def form_fields(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """What is not empty. Raises InvalidRequest on a field that is given twice."""
    given = [(_bracketed(name), value) for name, value in pairs if value]
    granularities = [value for name, value in given if name == GRANULARITIES]
    fields = unique([(name, value) for name, value in given if name != GRANULARITIES])
    return fields | ({GRANULARITIES: ",".join(granularities)} if granularities else {})


def _bracketed(name: str) -> str:
    return GRANULARITIES if f"{name}[]" == GRANULARITIES else name


class Seconds(Answered):
    type: Literal["duration"] = "duration"
    #: Of sound in the medium.
    seconds: float


class PlainAnswer(Answered):
    text: str
    usage: Seconds


class VerboseWord(Answered):
    word: str
    start: float
    end: float


class VerboseSegment(Answered):
    id: int
    #: Hundredths of a second.
    seek: int
    start: float
    end: float
    #: Begins with a space, as Whisper's own do: joined, they are the text.
    text: str
    #: Always empty: engines do not tell.
    tokens: tuple[int, ...] = ()
    temperature: float = 0.0
    #: 0 where the engine does not tell, as with `no_speech_prob`.
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float


class VerboseAnswer(Answered):
    task: Task
    #: English name, lower case.
    language: str
    duration: float
    text: str
    #: Left out when only words are asked for.
    segments: list[VerboseSegment] | None = None
    #: Left out unless asked for.
    words: list[VerboseWord] | None = None
    usage: Seconds


class TextDelta(Answered):
    """An event of a stream: what follows the text so far."""

    type: Literal["transcript.text.delta"] = "transcript.text.delta"
    delta: str


class TextDone(Answered):
    """The last event of a stream: the whole text."""

    type: Literal["transcript.text.done"] = "transcript.text.done"
    text: str


class Model(Answered):
    id: str
    object: Literal["model"] = "model"
    #: Always 0: nobody knows.
    created: int = 0
    #: The engine that runs it.
    owned_by: str


class ModelList(Answered):
    object: Literal["list"] = "list"
    data: list[Model]
