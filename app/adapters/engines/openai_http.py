"""Any OpenAI-compatible transcription endpoint: OpenAI itself, or another server on the network."""

import io
import wave
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx2

from app.domain.decoding import DecodingOptions
from app.domain.errors import EngineError, EngineRefused
from app.domain.jobs import Task
from app.domain.languages import language_code
from app.domain.media import SAMPLE_BYTES, SAMPLE_RATE, AudioWindow
from app.domain.transcript import Segment, WindowTranscript, Word

TIMEOUT = httpx2.Timeout(300.0, connect=10.0)  # seconds; a window is at most 28 s of sound
BUSY = frozenset({408, 409, 425, 429})  # answers that ask for another try


class OpenAIEngine:
    """Implements `ports.TranscriptionEngine`; each window travels as a WAV of under 1 MB."""

    provider = "openai"
    batch_size = 1
    concurrency = 4  # the work is elsewhere; polite, yet not idle

    def __init__(self, *, base_url: str, api_key: str | None, model: str) -> None:
        self.model = model
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx2.AsyncClient(
            base_url=base_url.rstrip("/") + "/", headers=headers, timeout=TIMEOUT, trust_env=False
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
            response = await self._client.post(path, data=self._form(options), files=files)
        except httpx2.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise EngineError(f"{self._client.base_url}: {reason}") from error
        _raise_for(response)
        return _json(response)

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


def _raise_for(response: httpx2.Response) -> None:
    if response.is_success:
        return
    reason = f"the endpoint answered {response.status_code}: {_reason(response)}"
    if response.status_code in BUSY or response.status_code >= 500:
        raise EngineError(reason)
    raise EngineRefused(reason)


def _reason(response: httpx2.Response) -> str:
    try:
        return str(response.json()["error"]["message"])[:500]
    except (ValueError, KeyError, TypeError):
        return response.text[:500]


def _json(response: httpx2.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except ValueError as error:
        raise EngineError("the endpoint answered something that is not JSON") from error
    if not isinstance(answer, dict) or "text" not in answer:
        raise EngineError("the endpoint answered JSON without a text")
    return answer


def _segments(answer: dict[str, Any], window: AudioWindow) -> tuple[Segment, ...]:
    """Endpoints that know no segments answer one text for the window."""
    whole = {"start": 0.0, "end": window.seconds, "text": answer["text"]}
    try:
        segments = [_segment(item, window) for item in answer.get("segments") or [whole]]
        segments = [segment for segment in segments if segment.text]
        words = [_word(item, window) for item in answer.get("words") or ()]
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError(f"the endpoint answered a segment without {error}") from error
    return tuple(segment.shifted(window.start) for segment in _with_words(segments, words))


def _segment(item: dict[str, Any], window: AudioWindow) -> Segment:
    start, end = _clamp(item["start"], window), _clamp(item["end"], window)
    return Segment(
        start=start,
        end=max(start, end),
        text=str(item["text"]).strip(),
        avg_logprob=item.get("avg_logprob"),
        no_speech_prob=item.get("no_speech_prob"),
    )


def _word(item: dict[str, Any], window: AudioWindow) -> Word:
    start, end = _clamp(item["start"], window), _clamp(item["end"], window)
    return Word(start=start, end=max(start, end), text=str(item["word"]).strip())


def _clamp(seconds: Any, window: AudioWindow) -> float:
    return min(max(float(seconds), 0.0), window.seconds)


def _with_words(segments: Sequence[Segment], words: Sequence[Word]) -> list[Segment]:
    """Words come apart from the segments: each belongs to the last one that begins no later."""
    spoken: list[list[Word]] = [[] for _ in segments]
    for word in words if segments else ():
        begun = sum(segment.start <= (word.start + word.end) / 2 for segment in segments)
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
