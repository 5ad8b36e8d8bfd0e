"""What tells speakers apart: a slot of its own, whose weights are fetched when first asked for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.adapters.process_pool import ProcessPool
from app.adapters.speakers.voices import VoiceSpeakers
from app.adapters.weights.shelf import ModelShelf
from app.bootstrap.models import located
from app.config import AppSettings
from app.domain.models import ModelKind
from app.ports import Meter

VOICE_MODEL = "resemblyzer"


@dataclass(frozen=True, kw_only=True)
class Speaking:
    pool: ProcessPool
    finder: VoiceSpeakers


@asynccontextmanager
async def open_voices(
    settings: AppSettings, weights: ModelShelf, logs: Path, meter: Meter
) -> AsyncIterator[Speaking]:
    most = settings.workers.memory_limit
    pool = ProcessPool(1, name="voices", logs=logs, memory_limit=most, meter=meter)

    async def locate() -> Path:
        return (await located(weights, VOICE_MODEL, ModelKind.VOICE)).path

    try:
        yield Speaking(pool=pool, finder=VoiceSpeakers(pool, locate))
    finally:
        await pool.aclose()
