"""The two ends of a cluster besides the service: its scheduler, and its workers."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from app.adapters.dask_pool.cluster import HINT
from app.adapters.dask_pool.hush import hush
from app.adapters.dask_pool.inside import Bench, set_up
from app.domain.errors import ConfigError

if TYPE_CHECKING:
    from distributed import Worker

MISSING = "the extra `dask` is not installed"
WORKER_TTL = "30s"  # a worker that is not heard for so long is forgotten
AGAIN = 2.0  # seconds before a worker whose scheduler was lost looks for it
CONNECT, CLOSE = 30.0, 10.0  # seconds
#: The library shows figures by HTTP: to nobody but who is here.
UNTOLD = "127.0.0.1:0"
#: What comes of addresses that are none, or none of this machine, and of certificates not told.
REFUSED = (OSError, RuntimeError, TypeError, ValueError)


async def serve_scheduler(host: str, port: int, up: Callable[[str], None], *, tls: bool) -> None:
    """Until it is cancelled. `up` is told its address; `tls`: as Dask's settings say.

    Raises ConfigError.
    """
    try:
        from distributed import Scheduler
    except ImportError as error:
        raise ConfigError(MISSING, hint=HINT) from error
    hush(logging.CRITICAL)  # a line that closes is an error to it
    try:
        scheduler = await Scheduler(
            host=host,
            port=port,
            protocol="tls" if tls else "tcp",
            dashboard=False,
            dashboard_address=UNTOLD,
            allowed_failures=0,
            worker_ttl=WORKER_TTL,
        )
    except REFUSED as error:
        told = f"the scheduler cannot listen on {host}:{port}: {_reason(error)}"
        raise ConfigError(told) from error
    try:
        up(scheduler.address)
        await scheduler.finished()
    finally:
        await asyncio.shield(scheduler.close())


async def serve_worker(
    address: str, bench: Bench, *, host: str | None, folder: Path, up: Callable[[str], None]
) -> None:
    """Until it is cancelled, however often the scheduler is lost. Raises ConfigError.

    `host`: by which the service and the scheduler reach it; `folder`: of what passes. `up` is told
    its address each time that the scheduler has taken it in.
    """
    try:
        from distributed.comm import CommClosedError
    except ImportError as error:
        raise ConfigError(MISSING, hint=HINT) from error
    hush(logging.CRITICAL)
    set_up(bench)
    while True:
        try:
            await _taken_in(_worker(address, bench.pool.slots, host, folder), address, up)
        except REFUSED as error:
            if not isinstance(_reason(error), CommClosedError):  # the scheduler just went
                at = host or "this machine"
                told = f"no worker can be started at {at} for {address}: {_reason(error)}"
                raise ConfigError(told) from error
        await asyncio.sleep(AGAIN)


def _worker(address: str, tasks: int, host: str | None, folder: Path) -> "Worker":
    from distributed import Worker

    return Worker(
        address,
        nthreads=tasks,
        host=host,
        local_directory=str(folder),
        memory_limit=0,
        dashboard_address=UNTOLD,
    )


async def _taken_in(worker: "Worker", address: str, up: Callable[[str], None]) -> None:
    try:
        await asyncio.wait_for(worker, CONNECT)
        up(worker.address)
        await worker.finished()
        logger.warning("the scheduler at {} was lost", address)
    except OSError as error:
        logger.warning("no scheduler answers at {}: {}", address, error or "it took too long")
    finally:
        await _closed(worker)


def _reason(error: Exception) -> BaseException:
    """The library says of most that a part of it failed to start, and why behind that."""
    return error.__cause__ or error


async def _closed(worker: "Worker") -> None:
    """Its tasks go to others, if there are others."""
    try:
        if worker.status.name == "running":
            await asyncio.wait_for(worker.close_gracefully(reason="stopped"), CLOSE)
        else:
            await asyncio.wait_for(worker.close(reason="stopped"), CLOSE)
    except OSError as error:
        logger.debug("the scheduler was not told of the end: {}", error)
