"""What a cluster is made of besides services: a scheduler, and workers, with settings of theirs."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

from loguru import logger

from app.adapters.dask_pool.inside import Bench
from app.adapters.dask_pool.serving import serve_scheduler, serve_worker
from app.adapters.worker_folder import worker_folder
from app.bootstrap.hearing import NO_ADDRESS, local_pool
from app.bootstrap.models import model_store
from app.config import AppSettings
from app.domain.errors import ConfigError
from app.domain.metrics import UNCOUNTED

ENDS = (signal.SIGTERM, signal.SIGINT)


async def run_scheduler(host: str, port: int, *, tls: bool) -> None:
    """Until SIGTERM or Ctrl-C. Raises ConfigError."""

    def up(address: str) -> None:
        logger.info("scheduler at {}", address)

    await _until_told(serve_scheduler(host, port, up, tls=tls))


async def run_worker(settings: AppSettings, address: str | None, host: str | None) -> None:
    """Until SIGTERM or Ctrl-C, however often the scheduler is lost. Raises ConfigError."""
    address = address or settings.workers.dask_address
    if not address:
        raise ConfigError(NO_ADDRESS)
    with worker_folder() as folder:
        idle_after = settings.transcription.unload_after
        pool = local_pool(settings, folder / "logs", UNCOUNTED, idle_after=idle_after)
        bench = Bench(pool=pool, models=model_store(settings))
        logger.info("a worker of {} at a time for {}", pool.slots, address)
        serving = serve_worker(
            address,
            bench,
            host=host,
            folder=folder,
            up=lambda own: logger.info("taken in by {} as {}", address, own),
        )
        try:
            await _until_told(serving)
        finally:
            await pool.aclose()


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """One signal ends it in good order; it raises what the work raises."""
    task = asyncio.ensure_future(work)
    for number in ENDS:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()
