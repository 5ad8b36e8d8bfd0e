"""Who runs the engines: processes of this machine, or a cluster."""

from pathlib import Path
from typing import TypeAlias

from app.adapters.dask_pool import DaskPool
from app.adapters.process_pool import ProcessPool
from app.adapters.weights.shelf import ModelShelf
from app.bootstrap.engines import on_card, workers
from app.bootstrap.models import WHISPER_KINDS, located
from app.config import AppSettings
from app.domain.errors import ConfigError
from app.ports import Meter

HearingPool: TypeAlias = ProcessPool | DaskPool
NO_ADDRESS = "workers.backend is dask: workers.dask_address must say where its scheduler is"


def hearing_pool(settings: AppSettings, logs: Path | None, meter: Meter) -> HearingPool:
    """Raises ConfigError. Of a cluster nothing is asked yet: it may come later than we."""
    if settings.workers.backend == "processes":
        return local_pool(settings, logs, meter)
    if not settings.workers.dask_address:
        raise ConfigError(NO_ADDRESS)
    return DaskPool(
        settings.workers.dask_address, slots=settings.transcription.workers, meter=meter
    )


def local_pool(
    settings: AppSettings, logs: Path | None, meter: Meter, *, idle_after: float = 0.0
) -> ProcessPool:
    return ProcessPool(
        workers(settings),
        logs=logs,
        memory_limit=settings.workers.memory_limit,
        recycle_after=settings.workers.recycle_after,
        idle_after=idle_after,
        meter=meter,
    )


async def weights_for(
    pool: HearingPool, weights: ModelShelf, provider: str, model: str
) -> tuple[Path, bool]:
    """Where its workers find them, and whether they compute on a card, as far as that is known."""
    kind = WHISPER_KINDS[provider]
    if isinstance(pool, DaskPool):
        await pool.reach()
        return pool.weights(model, kind), False
    found = await located(weights, model, kind)
    return found.path, on_card(provider)
