"""Any OpenAI-compatible transcription endpoint: OpenAI itself, or another server on the network."""

import asyncio
import io
import math
import wave
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx2

from app.domain.decoding import DecodingOptions
from app.domain.endpoint_answers import MOST_TOLD, PLAIN, EndpointAnswer, no_cookies, whole_letters
from app.domain.errors import EngineError
from app.domain.jobs import Task
from app.domain.languages import language_code
from app.domain.media import SAMPLE_BYTES, SAMPLE_RATE, AudioWindow
from app.domain.transcript import Segment, WindowTranscript, Word
from app.domain.webhooks import without_secrets

LONGEST_WAIT = 300.0  # seconds for the whole answer; a window is at most 28 s of sound
TIMEOUT = httpx2.Timeout(LONGEST_WAIT, connect=10.0)


class OpenAIEngine:
    """Implements `ports.TranscriptionEngine`; each window travels as a WAV of under 1 MB."""

    provider = "openai"
    batch_size = 1
    concurrency = 4  # the work is elsewhere; polite, yet not idle

    def __init__(self, *, base_url: str, api_key: str | None, model: str) -> None:
        self.model, self._key = model, api_key
        headers = PLAIN | ({"Authorization": f"Bearer {api_key}"} if api_key else {})
        self._client = httpx2.AsyncClient(
            base_url=base_url.rstrip("/") + "/",
            headers=headers,
            cookies=no_cookies(),
            timeout=TIMEOUT,
            trust_env=False,
        )

    def context(self, window: AudioWindow) -> float:
        return window.seconds

    async def detect_language(self, window: AudioWindow) -> None:
        """The endpoint names the language only as it transcribes."""

    async def transcribe(
        self, windows: Sequence[AudioWindow], options: DecodingOptions
    ) -> Sequence[WindowTranscript]:
        return [await self._transcribe(window, options) for window in windows]

    async def _transcribe(self, window: AudioWindow, options: DecodingOptions) -> WindowTranscript:
        answer = await self._post(window, options)
        return WindowTranscript(
            number=window.number,
            segments=_segments(answer, window),
            # OpenAI answers English names ("german"), most others codes ("de")
            language=language_code(str(answer.get("language") or "")),
        )

    async def _post(self, window: AudioWindow, options: DecodingOptions) -> dict[str, Any]:
        translate = options.task is Task.TRANSLATE
        path = "audio/translations" if translate else "audio/transcriptions"
        files = {"file": ("window.wav", _wav(window), "audio/wav")}
        try:
            answer = (await self._exchanged(path, self._form(options), files)).read()
        except TimeoutError as error:
            raise EngineError(f"the endpoint gave no answer within {LONGEST_WAIT:g} s") from error
        except (httpx2.HTTPError, ValueError) as error:  # the latter of a redirect to half a URL
            reason = str(error) or type(error).__name__
            endpoint = without_secrets(str(self._client.base_url))
            raise EngineError(f"{endpoint}: {reason}") from error
        if not isinstance(answer, dict) or not isinstance(answer.get("text"), str):
            raise EngineError("the endpoint answered JSON without a text")
        return answer

    async def _exchanged(
        self, path: str, form: dict[str, Any], files: dict[str, tuple[str, bytes, str]]
    ) -> EndpointAnswer:
        async with (
            asyncio.timeout(LONGEST_WAIT),
            self._client.stream("POST", path, data=form, files=files) as response,
        ):
            encoding = response.headers.get("Content-Encoding")
            answer = EndpointAnswer(response.status_code, encoding, self._key)
            async for piece in response.aiter_raw():
                answer.take(piece)
        return answer

    def _form(self, options: DecodingOptions) -> dict[str, Any]:
        granularities = ["segment", "word"] if options.word_timestamps else ["segment"]
        form = {
            "model": self.model,
            "response_format": "verbose_json",
            "temperature": "0",
            "timestamp_granularities[]": granularities,
            "language": options.language if options.task is Task.TRANSCRIBE else None,
            "prompt": options.prompt,
        }
        return {key: value for key, value in form.items() if value is not None}

    def give_way(self) -> None:
        """A call holds one window: it ends soon enough."""

    async def aclose(self) -> None:
        await self._client.aclose()


def _segments(answer: dict[str, Any], window: AudioWindow) -> tuple[Segment, ...]:
    """Endpoints that know no segments answer one text for the window."""
    whole = {"start": 0.0, "end": window.seconds, "text": answer["text"]}
    try:
        segments = [_segment(item, window) for item in answer.get("segments") or [whole]]
        segments = [segment for segment in segments if segment.text]
        words = [_word(item, window) for item in answer.get("words") or ()]
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        missing = str(error)[:MOST_TOLD]
        raise EngineError(f"the endpoint answered a segment without {missing}") from error
    return tuple(segment.shifted(window.start) for segment in _with_words(segments, words))


def _segment(item: dict[str, Any], window: AudioWindow) -> Segment:
    start, end = _clamp(item["start"], window), _clamp(item["end"], window)
    return Segment(
        start=start,
        end=max(start, end),
        text=_text(item["text"]),
        avg_logprob=_number(item.get("avg_logprob")),
        no_speech_prob=_number(item.get("no_speech_prob")),
    )


def _word(item: dict[str, Any], window: AudioWindow) -> Word:
    start, end = _clamp(item["start"], window), _clamp(item["end"], window)
    return Word(start=start, end=max(start, end), text=_text(item["word"]))


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise ValueError("text")
    return whole_letters(found).strip()


def _number(found: Any) -> float | None:
    """JSON may hold NaN, infinity, and numbers that no float is large enough for."""
    number = None if found is None else float(found)
    return number if number is not None and math.isfinite(number) else None


def _clamp(found: Any, window: AudioWindow) -> float:
    seconds = _number(found)
    if seconds is None:
        raise ValueError("a time")
    return min(max(seconds, 0.0), window.seconds)


def _with_words(segments: Sequence[Segment], words: Sequence[Word]) -> list[Segment]:
    """Words come apart from the segments: each belongs to the last one that begins no later."""
    spoken: list[list[Word]] = [[] for _ in segments]
    starts = sorted(segment.start for segment in segments)
    for word in words if segments else ():
        begun = bisect_right(starts, (word.start + word.end) / 2)
        spoken[max(0, begun - 1)].append(word)
    return [replace(each, words=tuple(own)) for each, own in zip(segments, spoken, strict=True)]


def _wav(window: AudioWindow) -> bytes:
    with window.path.open("rb") as pcm:
        pcm.seek(window.first_sample * SAMPLE_BYTES)
        sound = pcm.read(window.samples * SAMPLE_BYTES)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(SAMPLE_BYTES)
        wav.setframerate(SAMPLE_RATE)
        wav.writeframes(sound)
    return buffer.getvalue()
