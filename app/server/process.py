"""The process that serves: uvicorn over an open house."""

import asyncio
import gc
import inspect
import logging
import math
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import uvicorn
from loguru import logger
from starlette.applications import Starlette

from app.adapters.port import check_free
from app.bootstrap.house import house
from app.config import AppSettings, Server, secrets_of, withdraw_secrets
from app.logs import configure
from app.server.edge import protocol
from app.server.herald import HeraldServer
from app.server.last_resort import STOPS_WITHIN, ends_within
from app.server.memory import given_back, keep_little
from app.server.places import by_descriptors
from app.server.proxies import known_proxies
from app.server.terms import Edge
from app.server.watchdog import watched
from app.web.app import application
from app.web.doors import Doors

GRACE = 5  # seconds for requests under way at shutdown
#: Workers end by SIGKILL. Python removes the semaphores that they leave, and need not say so.
QUIET = "ignore::UserWarning:multiprocessing.resource_tracker"
BACKLOG = 2048  # connections waiting to be accepted
TOLD_EVERY = 10.0  # seconds
RUBBISH = (
    "Invalid HTTP request received.",
    "Unsupported upgrade request.",
    "No supported WebSocket library detected.",
)


def run(settings: AppSettings) -> None:
    """Serve in the foreground until SIGTERM or Ctrl-C; returns when all is closed.

    Raises ConfigError, before anything is touched, where it could not listen.
    """
    check_free(settings.server.host, settings.server.port)
    configure(
        settings.logging.level,
        json_lines=settings.logging.json_lines,
        secrets=secrets_of(settings),
    )
    withdraw_secrets()
    keep_little()
    os.environ.setdefault("PYTHONWARNINGS", QUIET)  # before the first worker
    logging.basicConfig(handlers=[ToLoguru()], level=logging.INFO, force=True)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line for each request, with its URL
    logging.getLogger("uvicorn.error").addFilter(_is_no_clients_fault)
    _take_all_descriptors()
    asyncio.run(_serve(settings))


async def _serve(settings: AppSettings) -> None:
    asyncio.get_running_loop().set_exception_handler(Refusals())
    async with house(settings) as doors:
        config = _configured(settings.server, application(doors))
        gc.freeze()  # what is loaded stays: walking it all would hold up answers for 100 ms
        with _stops_once(), watched(doors.traffic.late), given_back():
            await HeraldServer(config, partial(_stopping, doors)).serve()
    logger.info("closed")


def _stopping(doors: Doors) -> None:
    ends_within(STOPS_WITHIN)
    doors.send_away()


def _configured(server: Server, app: Starlette) -> uvicorn.Config:
    """HTTP/1.1 by h11 alone, whatever else is installed: the clocks of the edge are made for it."""
    edge = Edge(
        max_connections=server.max_connections or by_descriptors(),
        max_header_bytes=server.max_header_bytes,
        header_timeout=server.header_timeout,
        body_timeout=server.body_timeout,
        proxies=known_proxies(),
    )
    config = uvicorn.Config(
        app,
        host=server.host,
        port=server.port,
        http=protocol(edge),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        backlog=BACKLOG,
    )
    config.timeout_keep_alive = server.keep_alive_timeout  # type: ignore[assignment]
    return config


def _take_all_descriptors() -> None:
    """Connections and workers share them; what the system lets us have is often far more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # some systems name a limit that they then refuse
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _is_no_clients_fault(record: logging.LogRecord) -> bool:
    """Anybody may send rubbish, as often as they like: it must not fill the disk."""
    return not record.getMessage().startswith(RUBBISH)


class Refusals:
    """Handles what asyncio reports. Out of descriptors, it does so with a trace for every place in
    the backlog, every second: that alone would hold up the service, and fill the disk."""

    def __init__(self) -> None:
        self._told = -math.inf

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not context["message"].startswith("socket.accept()"):
            loop.default_exception_handler(context)
        elif loop.time() - self._told >= TOLD_EVERY:
            self._told = loop.time()
            logger.error("no connection can be taken in: {}", context.get("exception"))


@contextmanager
def _stops_once() -> Iterator[None]:
    """uvicorn stops at the first signal, and raises it again when it has: that one is ignored.

    Before and after, signals end the process at once; what it leaves behind is swept at the start.
    """
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: None) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


class ToLoguru(logging.Handler):
    """Lines of libraries that use the standard library's logging, among ours."""

    def emit(self, record: logging.LogRecord) -> None:
        frame, depth = inspect.currentframe(), 0
        while frame and (depth == 0 or frame.f_code.co_filename == logging.__file__):
            frame, depth = frame.f_back, depth + 1
        logger.opt(depth=depth, exception=record.exc_info).log(
            record.levelname, record.getMessage()
        )
