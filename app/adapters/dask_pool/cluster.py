"""The line to a cluster: made when it is needed, watched, and made anew when it broke."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from loguru import logger

from app.adapters.dask_pool.glance import Glance, glance
from app.adapters.dask_pool.hush import hush
from app.domain.errors import ClusterAway, ConfigError, EngineCrashed, EngineError, SpoolError

if TYPE_CHECKING:
    from distributed import Client

MISSING = "workers.backend is dask, and the extra `dask` is not installed"
HINT = "pip install 'spool-media[dask]'"
#: Seconds, like all here.
CONNECT = 10.0
LOOK = 5.0
ANSWER = 10.0
MISSES = 3  # looks that nobody answers
#: After so long a worker that is not heard is given up: it tells twice a second that it lives.
SILENCE = 20.0
#: Looks after which a task that no worker has is given back.
UNTAKEN = 6
CLOSE = 5.0
STOPPED = "the workers have been stopped"


class Cluster:
    def __init__(self, address: str) -> None:
        """Raises ConfigError where the library is missing."""
        try:
            import distributed  # noqa: F401
        except ImportError as error:
            raise ConfigError(MISSING, hint=HINT) from error
        self.address, self.threads = address, 0
        self._client: Client | None = None
        self._joining = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None
        #: Of tasks under way, by key: it ends by what became of them that they cannot tell.
        self._lost: dict[str, asyncio.Future[NoReturn]] = {}
        self._untaken: dict[str, int] = {}
        self._closed = False

    @property
    def here(self) -> "Client | None":
        """The line, if there is one."""
        running = self._client is not None and self._client.status == "running"
        return self._client if running else None

    async def client(self) -> "Client":
        """Raises ClusterAway while there is no scheduler, or it has no workers."""
        async with self._joining:
            if self._closed:
                raise EngineError(STOPPED)
            if here := self.here:
                return here
            await self._leave(ClusterAway(f"the line to the scheduler at {self.address} broke"))
            return await self._join()

    def watch(self, key: str) -> "asyncio.Future[NoReturn]":
        self._lost[key] = asyncio.get_running_loop().create_future()
        return self._lost[key]

    def forget(self, key: str) -> None:
        lost = self._lost.pop(key)
        if not lost.cancel() and not lost.cancelled():
            lost.exception()  # told or not, it has been seen
        self._untaken.pop(key, None)

    async def aclose(self) -> None:
        self._closed = True
        async with self._joining:
            await self._leave(EngineError(STOPPED))

    async def _join(self) -> "Client":
        from distributed import Client

        hush(logging.CRITICAL)  # what there is to say of a lost line we say ourselves
        client = Client(self.address, asynchronous=True, timeout=CONNECT, set_as_default=False)
        try:
            await self._reach(client)
        except BaseException:
            await _close(client)
            raise
        self._client = client
        self._looking = asyncio.create_task(self._look(client))
        logger.info("cluster at {}: {} tasks at a time", self.address, self.threads)
        return client

    async def _reach(self, client: "Client") -> None:
        try:
            await client
            self._saw(await self._glance(client))
        except OSError as error:
            raise ClusterAway(f"no scheduler answers at {self.address}") from error
        except TypeError as error:  # so it says that there is no certificate for tls://
            raise ClusterAway(f"the scheduler at {self.address}: {error}") from error
        if not self.threads:
            raise ClusterAway(f"the scheduler at {self.address} has no workers")

    async def _leave(self, error: SpoolError) -> None:
        """Tasks under way end so: the library would say of them that they were cancelled."""
        self._end(list(self._lost), error)
        if self._looking is not None:
            self._looking.cancel()
        if self._client is not None:
            client, self._client = self._client, None
            await _close(client)

    async def _look(self, client: "Client") -> None:
        """Until the line is given up. A cut line ends nothing by itself for minutes."""
        misses = 0
        while misses < MISSES:
            await asyncio.sleep(LOOK)
            try:
                self._saw(await self._glance(client))
                misses = 0
            except (OSError, ClusterAway):
                misses += 1
        self._client = None
        self._end(list(self._lost), ClusterAway(f"the scheduler at {self.address} is silent"))
        await _close(client)

    async def _glance(self, client: "Client") -> Glance:
        looking = client.run_on_scheduler(glance, list(self._lost))
        try:
            seen = await asyncio.wait_for(looking, timeout=ANSWER)
        except OSError:  # also when it took too long
            raise
        except Exception as error:  # what it does not know it says in words of its own
            raise ClusterAway(
                f"the scheduler at {self.address} is none of ours: {error}"
            ) from error
        assert isinstance(seen, Glance)
        return seen

    def _saw(self, seen: Glance) -> None:
        self.threads = seen.threads
        silent = [key for key, seconds in seen.silent.items() if seconds > SILENCE]
        self._end(silent, EngineCrashed(f"the cluster worker was not heard for {SILENCE:g} s"))
        self._untaken = {key: self._untaken.get(key, 0) + 1 for key in seen.waiting}
        untaken = [key for key, looks in self._untaken.items() if looks >= UNTAKEN]
        self._end(untaken, ClusterAway("no worker of the cluster takes the task"))

    def _end(self, keys: list[str], error: SpoolError) -> None:
        for key in keys:
            if (lost := self._lost.get(key)) and not lost.done():
                lost.set_exception(error)


async def _close(client: "Client") -> None:
    """However it is with the line."""
    with suppress(OSError):
        await client.close(timeout=CLOSE)
