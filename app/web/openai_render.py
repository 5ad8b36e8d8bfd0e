"""Transcripts as OpenAI answers them."""

import zlib

from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.domain.captions import CaptionFormat, render
from app.domain.jobs import Task
from app.domain.languages import LANGUAGES
from app.domain.transcript import Segment, Transcript, Word
from app.web import openai_schemas as schemas


def answer(
    form: schemas.TranslationForm, transcript: Transcript, headers: dict[str, str]
) -> Response:
    if form.response_format == "verbose_json":
        verbose = _verbose(form, transcript)
        return JSONResponse(verbose.model_dump(exclude_none=True), headers=headers)
    if form.response_format == "json":
        plain = schemas.PlainAnswer(text=transcript.text, usage=_usage(transcript))
        return JSONResponse(plain.model_dump(), headers=headers)
    if form.response_format == "text":
        return PlainTextResponse(f"{transcript.text}\n", headers=headers)
    captions = render(transcript, CaptionFormat(form.response_format))
    return PlainTextResponse(captions, headers=headers)


def _verbose(form: schemas.TranslationForm, transcript: Transcript) -> schemas.VerboseAnswer:
    kinds: tuple[schemas.Granularity, ...] = ("segment",)
    translated = not isinstance(form, schemas.TranscriptionForm)
    if isinstance(form, schemas.TranscriptionForm):
        kinds = form.timestamp_granularities
    return schemas.VerboseAnswer(
        task=Task.TRANSLATE if translated else Task.TRANSCRIBE,
        language="english" if translated else _language(transcript),
        duration=round(transcript.duration, 3),
        text=transcript.text,
        segments=_segments(transcript) if "segment" in kinds else None,
        words=_words(transcript) if "word" in kinds else None,
        usage=_usage(transcript),
    )


def _usage(transcript: Transcript) -> schemas.Seconds:
    return schemas.Seconds(seconds=round(transcript.duration, 3))


def _language(transcript: Transcript) -> str:
    """Nobody spoke, or the engine did not say: `unknown`."""
    found = transcript.language_detection
    return LANGUAGES.get(found.language, found.language) if found else "unknown"


def _segments(transcript: Transcript) -> list[schemas.VerboseSegment]:
    return [_segment(number, each) for number, each in enumerate(transcript.segments)]


def _segment(number: int, segment: Segment) -> schemas.VerboseSegment:
    text = segment.text.strip()
    return schemas.VerboseSegment(
        id=number,
        seek=round(segment.start * 100),
        start=round(segment.start, 3),
        end=round(segment.end, 3),
        text=f" {text}",
        avg_logprob=round(segment.avg_logprob or 0.0, 4),
        compression_ratio=_compression(text),
        no_speech_prob=round(segment.no_speech_prob or 0.0, 4),
    )


def _compression(text: str) -> float:
    """openai/whisper's own measure of repetition: bytes by compressed bytes."""
    plain = text.encode()
    return round(len(plain) / len(zlib.compress(plain)), 4)


def _words(transcript: Transcript) -> list[schemas.VerboseWord]:
    return [_word(word) for segment in transcript.segments for word in segment.words]


def _word(word: Word) -> schemas.VerboseWord:
    start, end = round(word.start, 3), round(word.end, 3)
    return schemas.VerboseWord(word=word.text.strip(), start=start, end=end)
