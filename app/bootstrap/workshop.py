"""What turns sound into text, for the service and for the command line alike."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from loguru import logger

from app.adapters.confined.cage import Cage
from app.adapters.engines.faster_whisper import FasterWhisperEngine
from app.adapters.engines.openai_http import OpenAIEngine
from app.adapters.engines.whisper_cpp import WhisperCppEngine
from app.adapters.ffmpeg.extractor import FfmpegExtractor
from app.adapters.ffmpeg.frames import FfmpegFrames
from app.adapters.process_pool import ProcessPool
from app.adapters.silero import SileroDetector
from app.adapters.soundfile_audio import SoundfileExtractor
from app.adapters.weights.shelf import ModelShelf
from app.bootstrap.engines import AUTO, choice, workers
from app.bootstrap.hearing import HearingPool, hearing_pool, weights_for
from app.bootstrap.models import SPEECH_MODEL, WHISPER_KINDS, located, model_store
from app.config import AppSettings
from app.domain.decoding import DecodingOptions
from app.domain.metrics import UNCOUNTED
from app.domain.models import ModelKind
from app.domain.transcript import Transcript
from app.pipeline.extract import extract
from app.pipeline.schedule import Schedule
from app.pipeline.transcribe import ForgetfulJournal, transcribe
from app.pipeline.windows import WindowCutter, windows
from app.ports import (
    FrameTaker,
    MediaExtractor,
    Meter,
    Progress,
    SpeechDetector,
    TranscriptionEngine,
)
from app.services.arriving import ArrivingDetector
from app.services.engines import EngineFactory, EngineShelf
from app.services.idle_engines import unload_idle

#: Workers that transcribe, to one that detects speech: it is done with more sound at a time.
TO_ONE_DETECTING = 4


@dataclass(frozen=True, kw_only=True)
class Workshop:
    settings: AppSettings
    weights: ModelShelf
    #: Of engines.
    pool: HearingPool
    #: Of speech detection.
    detecting: ProcessPool
    #: Of key-frames.
    framing: ProcessPool
    extractors: tuple[MediaExtractor, ...]
    frames: FrameTaker
    detector: ArrivingDetector
    engines: EngineShelf
    cage: Cage

    async def fetch_detector(self) -> None:
        await self.detector.bring(self._detector)

    async def try_detector(self) -> None:
        """Once, for who cannot wait until the network is back."""
        await self.detector.attempt(self._detector)

    async def unload_idle(self) -> None:
        await unload_idle(self.engines, self.settings.transcription.unload_after)

    async def _detector(self) -> SpeechDetector:
        found = await located(self.weights, SPEECH_MODEL, ModelKind.SPEECH_DETECTION)
        return SileroDetector(self.detecting, found.path)


@asynccontextmanager
async def workshop(
    settings: AppSettings,
    factories: Mapping[str, EngineFactory] | None = None,
    logs: Path | None = None,
    meter: Meter = UNCOUNTED,
) -> AsyncIterator[Workshop]:
    """`logs`: folder for what workers print; None lets them print where this process does."""
    pool = hearing_pool(settings, logs, meter)
    most = settings.workers.memory_limit
    frames = ProcessPool(1, name="frames", logs=logs, memory_limit=most, meter=meter)
    detecting = _detecting(settings, workers(settings), logs, meter)
    weights = model_store(settings)
    longest, cage = settings.ingestion.max_duration, Cage()
    tools = Workshop(
        settings=settings,
        weights=weights,
        pool=pool,
        detecting=detecting,
        framing=frames,
        extractors=(
            SoundfileExtractor(longest, confinement=cage),
            FfmpegExtractor(longest, confinement=cage),
        ),
        frames=FfmpegFrames(frames, longest, confinement=cage),
        detector=ArrivingDetector("speech detection"),
        engines=_engines(settings, weights, pool, factories),
        cage=cage,
    )
    try:
        yield tools
    finally:
        await tools.engines.aclose()
        for each in (pool, frames, detecting):
            await each.aclose()


def _detecting(
    settings: AppSettings, transcribing: int, logs: Path | None, meter: Meter
) -> ProcessPool:
    """Apart: who is in a hurry would wait for an engine's long call before each of its own."""
    return ProcessPool(
        max(1, transcribing // TO_ONE_DETECTING),
        name="detecting",
        logs=logs,
        memory_limit=settings.workers.memory_limit,
        idle_after=settings.transcription.unload_after,
        meter=meter,
    )


def _engines(
    settings: AppSettings,
    weights: ModelShelf,
    pool: HearingPool,
    factories: Mapping[str, EngineFactory] | None,
) -> EngineShelf:
    chosen = settings.transcription

    async def faster_whisper(model: str) -> TranscriptionEngine:
        path, card = await weights_for(pool, weights, "faster_whisper", model)
        engine = FasterWhisperEngine(pool, model=model, model_path=path, card=card)
        await engine.warm()
        return engine

    async def whisper_cpp(model: str) -> TranscriptionEngine:
        path, _ = await weights_for(pool, weights, "whisper_cpp", model)
        engine = WhisperCppEngine(pool, model=model, model_path=path)
        await engine.warm()
        return engine

    async def openai(model: str) -> TranscriptionEngine:
        return OpenAIEngine(
            base_url=chosen.openai_base_url, api_key=chosen.openai_api_key, model=model
        )

    def names(provider: str) -> Collection[str]:
        """An endpoint may have any model; ours are names, never paths of this machine."""
        kind = WHISPER_KINDS.get(provider)
        return {entry.name for entry in weights.entries() if entry.kind is kind}

    return EngineShelf(
        factories
        or {"faster_whisper": faster_whisper, "whisper_cpp": whisper_cpp, "openai": openai},
        provider=_provider(settings),
        defaults=dict.fromkeys(WHISPER_KINDS, chosen.model) | {"openai": chosen.openai_model},
        names=names,
    )


def _provider(settings: AppSettings) -> str:
    """To look for devices takes a library that would not be loaded here: only where it must be."""
    named = settings.transcription.provider
    if named != AUTO:
        return named
    found = choice(settings)
    logger.info("transcription.provider is auto: {}", found)
    return found.provider


async def transcribe_file(
    settings: AppSettings,
    file: Path,
    options: DecodingOptions,
    *,
    provider: str | None,
    model: str | None,
    progress: Progress,
) -> Transcript:
    """One file, here and now: the same line without rows. `progress` follows the seconds done."""
    with TemporaryDirectory(prefix="spool-") as folder:
        async with workshop(settings) as tools:
            await tools.try_detector()
            target = Path(folder, "sound.s16le")
            source = await asyncio.to_thread(file.resolve)  # a link of the caller's own
            audio = await extract(tools.extractors, source, target, lambda _: None)
            async with (
                tools.engines.lease(provider, model) as engine,
                Schedule(engine).turns() as turns,
            ):
                return await transcribe(
                    windows(tools.detector, audio, WindowCutter(settings.transcription.max_window)),
                    turns,
                    options,
                    job_id=file.name,
                    journal=ForgetfulJournal(),
                    reached=lambda seconds: progress(seconds / max(audio.seconds, 1.0)),
                    sound="",
                    duration=lambda: audio.seconds,
                    max_window=settings.transcription.max_window,
                )
